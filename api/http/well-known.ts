import { Router } from 'express';
import { fingerprint, type PublicJwk, thumbprint } from '../identity/jwk.ts';
import type { KeyLog } from '../identity/key-log.ts';
import type { Signer } from '../identity/signer.ts';
import { type NodeIdentity, signNode } from '../partners/statements.ts';

/** Who a node says it is. `statement` is the same, signed (`trace-node+jwt`): TLS or not, it is of the key's holder. */
export interface NodeDocument extends NodeIdentity {
  /** RFC 7638 thumbprint of the key that is in force. */
  kid: string;
  /** The same for people, to compare by telephone. */
  fingerprint: string;
  protocol: string;
  version: string;
  endpoints: { token: string; graphql: string; epcis: string; partners: string; keys: string };
  statement: string;
}

export interface WellKnownInput {
  self: NodeIdentity;
  keys: Signer & { readonly publicJwk: PublicJwk; readonly log: KeyLog };
  protocol: string;
  version: string;
  now: () => number;
}

const CACHED = 'max-age=60';

/**
 * `/.well-known/lotbook`, the key that is in force as a JWK Set (RFC 7517 section 5), and the whole key log: whoever has pinned
 * one key of it can follow it to the last.
 */
export function wellKnown({ self, keys, protocol, version, now }: WellKnownInput): Router {
  let statement: { kid: string; token: Promise<string> } | undefined;
  const document = async (): Promise<NodeDocument> => {
    const { kid, publicJwk } = keys;
    if (statement?.kid !== kid) statement = { kid, token: signNode(self, keys, now()) };
    const token = await statement.token.catch((error: unknown) => {
      statement = undefined;
      throw error;
    });
    return documentOf(self, publicJwk, { protocol, version, statement: token });
  };
  return Router()
    .get('/.well-known/lotbook', async (_req, res) => {
      res.set('Cache-Control', CACHED).json(await document());
    })
    .get('/.well-known/lotbook/keys', (_req, res) => {
      const { issuer: organisation, statements } = keys.log;
      // Asked for by whoever meets a key that it does not know: what it knew before does not help.
      res
        .set('Cache-Control', 'no-cache')
        .json({ organisation, statements: statements.map(({ token }) => token) });
    })
    .get('/.well-known/jwks.json', (_req, res) => {
      const { kid, alg, publicJwk } = keys;
      const jwks = { keys: [{ ...publicJwk, kid, alg, use: 'sig' }] };
      res.set('Cache-Control', CACHED).type('application/jwk-set+json').send(JSON.stringify(jwks));
    });
}

function documentOf(
  { organisation, name, url }: NodeIdentity,
  jwk: PublicJwk,
  said: Pick<NodeDocument, 'protocol' | 'version' | 'statement'>,
): NodeDocument {
  const endpoints = {
    token: `${url}/oauth/token`,
    graphql: `${url}/graphql`,
    epcis: `${url}/epcis`,
    partners: `${url}/partners/acceptances`,
    keys: `${url}/.well-known/lotbook/keys`,
  };
  return { organisation, name, url, kid: thumbprint(jwk), fingerprint: fingerprint(jwk), ...said, endpoints };
}
