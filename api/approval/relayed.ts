import type { Logger } from 'pino';
import type { AuthorityPort } from './authority-port.ts';
import { inTime } from './in-time.ts';
import { readAnswers, viewOfRemote } from './remote-request.ts';
import type { RequestView } from './update.ts';
import { refusedView } from './view.ts';

/** A request that is the holder's to decide. */
export interface PassedOn {
  token: string;
  book: string;
  key: string;
  requester: string;
}

/** How long a requester is kept waiting for the holder's answer: it has its own patience. */
const PATIENCE_MS = 500;

/** Hands requests to the holder, those of each book in one call. The answers, by token; UNABLE where none came in time. */
export async function relayed(
  { authority, log }: { authority: AuthorityPort; log: Logger },
  organisation: string,
  requests: readonly PassedOn[],
): Promise<Map<string, RequestView>> {
  const views = new Map<string, RequestView>();
  const books = new Set(requests.map(({ book }) => book));
  await Promise.all(
    [...books].map(async (book) => {
      const these = requests.filter((request) => request.book === book);
      const tokens = these.map(({ token }) => token);
      const relaying = authority.relay(book, tokens, organisation).catch((error: unknown) => {
        log.warn(
          { book, requests: tokens.length, err: error },
          'requests could not be passed on to the holder',
        );
        return null;
      });
      const answers = readAnswers(await inTime(relaying, PATIENCE_MS, null), these.length);
      for (const [index, request] of these.entries()) {
        const answer = answers[index];
        views.set(request.token, answer ? viewOfRemote(answer, request) : passedOnView(request));
      }
    }),
  );
  return views;
}

function passedOnView(request: PassedOn): RequestView {
  const message = 'The request was passed on to the holder of the right to approve.';
  return refusedView(request, request.requester, { code: 'UNABLE', message, retryAfterMs: PATIENCE_MS });
}
