import { type Request, type RequestHandler, Router, urlencoded } from 'express';
import { ACCESS_TOKEN_SECONDS } from '../identity/access-token.ts';
import {
  type AssertionFailureCode,
  checkClientAssertion,
  claimedClient,
} from '../identity/client-assertion.ts';
import { verificationKey } from '../identity/jwk.ts';
import { peekKid } from '../identity/jws.ts';
import { sha256 } from '../identity/sha256.ts';
import type { KeyLogs } from '../partners/key-logs.ts';
import { publicJwkOf } from '../store/clients.ts';
import type { PartnerStore } from '../store/partners.ts';
import { purgeAssertions, useAssertion } from '../store/used-assertions.ts';
import type { Authenticator } from './authenticate.ts';
import { readEntry } from './caller-directory.ts';
import type { NoteCall } from './note-call.ts';

const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
const PURGE_EVERY_MS = 60_000;
const CLIENT_ID = /^[a-z0-9.-]{1,253}(\/[a-z0-9-]{1,63})?$/;

/** RFC 6749 section 5.2. */
type OAuthErrorCode = 'invalid_request' | 'invalid_client' | 'unsupported_grant_type';

class OAuthError extends Error {
  constructor(
    readonly code: OAuthErrorCode,
    message: string,
  ) {
    super(message);
  }
}

/** What is wrong with an assertion whose signature holds: its maker may know, for it says only what the maker wrote. */
const REASONS: Partial<Record<AssertionFailureCode, string>> = {
  BAD_CLAIMS:
    'The assertion needs the claims iss, sub, aud (one text), jti (16 to 128 characters), iat and exp.',
  WRONG_CLIENT: 'iss and sub of the assertion must both be the client id.',
  WRONG_AUDIENCE: 'The assertion is addressed to another node: aud must be the URL in /.well-known/lotbook.',
  NOT_YET_VALID: 'The assertion is from the future: set your clock.',
  EXPIRED: 'The assertion has ended: make a new one for every call, and check your clock.',
  LIVES_TOO_LONG: 'The assertion may live 60 seconds at most.',
};

/**
 * The token endpoint: client credentials (RFC 6749 section 4.4) with a signed assertion (RFC 7523), each good once.
 * Answers an access token for five minutes.
 */
export function tokenEndpoint(input: {
  url: string;
  prisma: PartnerStore;
  keyLogs: KeyLogs;
  authenticator: Authenticator;
  now: () => number;
  noteCall: NoteCall;
}): Router {
  const { url, prisma, keyLogs, authenticator, now } = input;
  let purgeAt = 0;

  const accessToken: RequestHandler = async (req, res) => {
    const assertion = assertionOf(req);
    const claimed = claimedClient(assertion);
    // What cannot be a client id is not looked for: the database refuses some texts.
    let entry = claimed && CLIENT_ID.test(claimed) ? await readEntry(prisma, claimed) : undefined;
    if (!entry) throw unknownClient();
    // A node that signs with a key that is not pinned may have changed it.
    const isOther = entry.client.node && peekKid(assertion) !== entry.client.kid;
    if (isOther && (await keyLogs.follow(entry.client.organisation)))
      entry = await readEntry(prisma, entry.client.clientId);
    if (!entry) throw unknownClient();
    const key = verificationKey(publicJwkOf(entry.client));
    const { clientId } = entry.client;
    const keys = new Map([[key.kid, key]]);
    const checked = checkClientAssertion(assertion, { clientId, keys, audience: url, nowMs: now() });
    if (!checked.ok) {
      const reason = REASONS[checked.code];
      throw reason ? new OAuthError('invalid_client', reason) : unknownClient();
    }
    if (now() >= purgeAt) {
      purgeAt = now() + PURGE_EVERY_MS;
      await purgeAssertions(prisma, new Date(now()));
    }
    // Of the client: one cannot use up another's ids.
    const id = sha256(`${clientId}\n${checked.jti}`);
    if (!(await useAssertion(prisma, id, new Date(checked.rememberUntilMs)))) {
      throw new OAuthError('invalid_client', 'The assertion was used before: make a new one for every call.');
    }
    const token = await authenticator.issue({ clientId, kid: key.kid });
    res
      .set('Cache-Control', 'no-store')
      .json({ access_token: token, token_type: 'Bearer', expires_in: ACCESS_TOKEN_SECONDS });
  };

  return Router().post(
    '/oauth/token',
    urlencoded({ extended: false, limit: '16kb', parameterLimit: 10 }),
    (req, res, next) =>
      Promise.resolve(accessToken(req, res, next)).catch((error: unknown) => {
        if (!(error instanceof OAuthError)) return next(error);
        if (error.code === 'invalid_client') input.noteCall(req, undefined, 'UNAUTHENTICATED');
        res
          .status(error.code === 'invalid_client' ? 401 : 400)
          .set('Cache-Control', 'no-store')
          .json({ error: error.code, error_description: error.message });
      }),
  );
}

function assertionOf(req: Request): string {
  const form = (req.body ?? {}) as Record<string, unknown>;
  if (typeof form['grant_type'] !== 'string') {
    throw new OAuthError(
      'invalid_request',
      'Send grant_type and the assertion as application/x-www-form-urlencoded.',
    );
  }
  if (form['grant_type'] !== 'client_credentials') {
    throw new OAuthError('unsupported_grant_type', 'Only client_credentials is supported.');
  }
  if (form['client_assertion_type'] !== ASSERTION_TYPE) {
    throw new OAuthError('invalid_request', `client_assertion_type must be ${ASSERTION_TYPE}.`);
  }
  if (typeof form['client_assertion'] !== 'string') {
    throw new OAuthError('invalid_request', 'client_assertion must be one signed assertion.');
  }
  return form['client_assertion'];
}

/** One answer for an unknown client, a suspended one and a foreign key: it tells nobody whom this node knows. */
function unknownClient(): OAuthError {
  return new OAuthError(
    'invalid_client',
    'No client that may call here made this assertion: check the client id, the key, and the type client-authentication+jwt.',
  );
}
