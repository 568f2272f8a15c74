import { Router } from 'express';
import { algOf, fingerprint, type PublicJwk, thumbprint } from '../identity/jwk.ts';

/** Who a node says it is. `statement` is the same, signed (`trace-node+jwt`): TLS or not, it is of the key's holder. */
export interface NodeDocument {
  organisation: string;
  name: string;
  url: string;
  /** RFC 7638 thumbprint of the node's key. */
  kid: string;
  /** The same for people, to compare by telephone. */
  fingerprint: string;
  protocol: string;
  version: string;
  endpoints: { token: string; graphql: string; epcis: string; partners: string };
  statement: string;
}

export function nodeDocument(input: {
  self: { organisation: string; name: string; url: string };
  publicJwk: PublicJwk;
  protocol: string;
  version: string;
  statement: string;
}): NodeDocument {
  const { organisation, name, url } = input.self;
  const { publicJwk, protocol, version, statement } = input;
  const endpoints = {
    token: `${url}/oauth/token`,
    graphql: `${url}/graphql`,
    epcis: `${url}/epcis`,
    partners: `${url}/partners/acceptances`,
  };
  return {
    organisation,
    name,
    url,
    kid: thumbprint(publicJwk),
    fingerprint: fingerprint(publicJwk),
    protocol,
    version,
    endpoints,
    statement,
  };
}

/** `/.well-known/lotbook`, and the node's public key as a JWK Set (RFC 7517 section 5). */
export function wellKnown(document: NodeDocument, publicJwk: PublicJwk): Router {
  const jwks = { keys: [{ ...publicJwk, kid: thumbprint(publicJwk), alg: algOf(publicJwk), use: 'sig' }] };
  return Router()
    .get('/.well-known/lotbook', (_req, res) => void res.set('Cache-Control', 'max-age=60').json(document))
    .get('/.well-known/jwks.json', (_req, res) => {
      res.set('Cache-Control', 'max-age=60').type('application/jwk-set+json').send(JSON.stringify(jwks));
    });
}
