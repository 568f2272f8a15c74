import type { IncomingMessage } from 'node:http';
import { LotbookError } from '../errors.ts';
import type { People } from '../people/people.ts';
import type { Caller } from '../sharing/caller.ts';
import type { Authenticator } from './authenticate.ts';
import { cookiesOf, readCookie } from './people/cookies.ts';
import { checkScript } from './people/same-origin.ts';

/** Who calls. @throws LotbookError UNAUTHENTICATED; NOT_PERMITTED for a page of another site */
export type Recognise = (
  req: Pick<IncomingMessage, 'headers'> & { method?: string | undefined },
) => Promise<Caller>;

/** Only these change nothing. */
const SAFE: ReadonlySet<string> = new Set(['GET', 'HEAD']);

/**
 * By the access token of a key, by an API token, or by the session of a person. A header with a token counts before the
 * cookie, also where the token is not valid.
 */
export function openRecognise(input: {
  authenticator: Authenticator;
  people: Pick<People, 'callerOfSession' | 'callerOfToken' | 'isApiToken'>;
  url: string;
}): Recognise {
  const { authenticator, people, url } = input;
  const cookies = cookiesOf(url);
  return async (req) => {
    const { authorization } = req.headers;
    const [, token] = /^bearer +([\w-]+)$/i.exec(authorization ?? '') ?? [];
    if (token !== undefined && people.isApiToken(token)) {
      const caller = await people.callerOfToken(token);
      if (caller) return caller;
      throw new LotbookError('UNAUTHENTICATED', 'The API token is not known, over, or revoked.');
    }
    const secret = authorization === undefined ? readCookie(req, cookies.session) : undefined;
    if (secret === undefined) return authenticator.authenticate(req);
    if (!SAFE.has(req.method ?? 'POST')) checkScript(req, url);
    const caller = await people.callerOfSession(secret);
    if (caller) return caller;
    throw new LotbookError('UNAUTHENTICATED', 'The session is over: log in again.');
  };
}
