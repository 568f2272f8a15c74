import type { IncomingMessage } from 'node:http';
import { LotbookError } from '../errors.ts';
import { checkAccessToken, signAccessToken, type VerifiedAccessToken } from '../identity/access-token.ts';
import type { PinnedKeys } from '../identity/jws.ts';
import { sha256 } from '../identity/sha256.ts';
import type { Signer } from '../identity/signer.ts';
import type { Caller } from '../sharing/caller.ts';
import { callerOf, type CallerDirectory } from './caller-directory.ts';

export interface Authenticator {
  /** @throws LotbookError UNAUTHENTICATED */
  authenticate(req: Pick<IncomingMessage, 'headers'>): Promise<Caller>;
  /** An access token for a client whose assertion was checked. */
  issue(client: { clientId: string; kid: string }): Promise<string>;
}

interface KnownToken extends VerifiedAccessToken {
  kid: string;
}

const TOKENS_KEPT = 10_000;

/**
 * Bearer tokens (RFC 6750, RFC 9068) that this node signed for itself: any process of it can check them. A signature is
 * checked once; whether the client may still call is asked every time.
 *
 * @param url the public URL of this node: issuer and sole audience of its tokens
 */
export function openAuthenticator(input: {
  url: string;
  /** The node's own: the key in force signs, and `accessKeys` say by which keys a token of it counts now. */
  keys: Signer & { accessKeys(): PinnedKeys };
  directory: CallerDirectory;
  now: () => number;
  randomId: () => string;
}): Authenticator {
  const { url, keys: own, directory, now, randomId } = input;
  const tokens = new Map<string, KnownToken>();

  const verified = (token: string): KnownToken => {
    const hash = sha256(token);
    const known = tokens.get(hash);
    const keys = own.accessKeys();
    if (known && known.expiresAtMs > now() && keys.has(known.signedBy)) return known;
    tokens.delete(hash);
    const checked = checkAccessToken(token, { keys, issuer: url, audience: url, nowMs: now() });
    if (!checked.ok) {
      throw unauthenticated(
        checked.code === 'EXPIRED' ? 'The access token has ended.' : 'The access token is not valid.',
      );
    }
    const fresh = { ...checked, kid: checked.jti.split('.')[0] ?? '' };
    const [oldest] = tokens.size >= TOKENS_KEPT ? tokens.keys() : [];
    if (oldest !== undefined) tokens.delete(oldest);
    tokens.set(hash, fresh);
    return fresh;
  };

  return {
    authenticate: async (req) => {
      const token = verified(bearerOf(req));
      const entry = await directory.find(token.clientId);
      // A token dies with the key that it was issued to, also where a new key took over the client's name.
      if (!entry || entry.client.kid !== token.kid)
        throw unauthenticated('The client may not call any more.');
      return callerOf(entry, token.expiresAtMs);
    },
    issue: ({ clientId, kid }) =>
      signAccessToken(
        {
          issuer: url,
          audience: url,
          subject: clientId,
          clientId,
          scope: 'lotbook',
          jti: `${kid}.${randomId()}`,
          nowMs: now(),
        },
        own,
      ),
  };
}

function bearerOf(req: Pick<IncomingMessage, 'headers'>): string {
  const [, token] = /^bearer +([\w~+/.=-]+)$/i.exec(req.headers.authorization ?? '') ?? [];
  if (!token) throw unauthenticated('An access token is needed: Authorization: Bearer <token>.');
  return token;
}

function unauthenticated(message: string): LotbookError {
  return new LotbookError('UNAUTHENTICATED', message);
}
