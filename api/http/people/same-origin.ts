import type { IncomingMessage } from 'node:http';
import { LotbookError } from '../../errors.ts';

/** What a script of the node's own pages sends along with its session: no other site can, for nobody answers its preflight. */
const SCRIPT_HEADER = 'lotbook-request';

const LOOPBACK = /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/;

type Headers = Pick<IncomingMessage, 'headers'>;

/**
 * Whether a request comes from a page of this node. A browser sends the cookie of a session by itself, on behalf of other
 * sites too (of the same registrable domain in spite of SameSite=Lax). It says whose page asked in `Origin`, which no page can
 * forge and no browser leaves out of a POST; so no token in the page is needed, and what says nothing is refused. The origin
 * must be that of the public URL, or of this machine where the request was sent to this machine: never what `Host` says
 * alone, for a name that another site has pointed here is sent there too.
 *
 * @param url the public URL of the node
 */
export function isSameOrigin({ headers }: Headers, url: string): boolean {
  const { origin, host = '' } = headers;
  if (origin === undefined) return false;
  if (origin === new URL(url).origin) return true;
  return LOOPBACK.test(host) && origin === `http://${host}`;
}

/** @throws LotbookError NOT_PERMITTED for a form of another site */
export function checkForm(req: Headers, url: string): void {
  if (!isSameOrigin(req, url)) throw notFromHere();
}

/**
 * For what a script asks with a session. Beside the origin it names itself by a header that needs a preflight: one of the two
 * may fail.
 * @throws LotbookError NOT_PERMITTED
 */
export function checkScript(req: Headers, url: string): void {
  if (!isSameOrigin(req, url) || req.headers[SCRIPT_HEADER] === undefined) throw notFromHere();
}

/** Whether passwords and sessions can go over this connection: https, or not leaving this machine. */
export function isPrivate({ headers }: Headers, url: string): boolean {
  return url.startsWith('https:') || LOOPBACK.test(headers.host ?? '');
}

function notFromHere(): LotbookError {
  return new LotbookError(
    'NOT_PERMITTED',
    'With a session only pages of this node may ask for this: the headers Origin and Lotbook-Request say so.',
  );
}
