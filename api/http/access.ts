import type { IncomingMessage } from 'node:http';
import type { RequestHandler } from 'express';
import { LotbookError } from '../errors.ts';
import { type Caller, hasRole, hasRoleSomewhere, type Role } from '../sharing/caller.ts';
import type { CallLimit } from './call-limit.ts';
import type { Recognise } from './recognise.ts';

/**
 * Who may call: ANYONE; CALLER, with an access token, of this organisation or a partner; OWN, of this organisation, with
 * the role in some book at least; METRICS, whom LOTBOOK_METRICS says.
 */
export type Admission = 'ANYONE' | 'CALLER' | 'METRICS' | { own: Role };

interface Door {
  /** The path, or with `/*` at its end everything below it. */
  path: string;
  methods: readonly string[];
  admits: Admission;
}

const GET = ['GET', 'HEAD'];
const POST = ['POST'];
const ANY = ['GET', 'HEAD', 'POST', 'OPTIONS', 'DELETE'];

/**
 * Every HTTP endpoint of a node and who may call it. What is not here is not there: no handler is reached past this
 * table. `/graphql` is not in it, for it is dispatched before: its own table admits operation by operation.
 */
export const DOORS: readonly Door[] = [
  { path: '/healthz', methods: GET, admits: 'ANYONE' },
  { path: '/readyz', methods: GET, admits: 'ANYONE' },
  { path: '/metrics', methods: GET, admits: 'METRICS' },
  { path: '/.well-known/jwks.json', methods: GET, admits: 'ANYONE' },
  { path: '/.well-known/lotbook', methods: GET, admits: 'ANYONE' },
  { path: '/.well-known/lotbook/keys', methods: GET, admits: 'ANYONE' },
  // The assertion, the one-time code and the signature in the body say who calls.
  { path: '/oauth/token', methods: POST, admits: 'ANYONE' },
  { path: '/partners/acceptances', methods: POST, admits: 'ANYONE' },
  // For people who open the link in a browser: says what to do with it.
  { path: '/partners/invitations/*', methods: GET, admits: 'ANYONE' },
  // For people with a browser: a password, a one-time link, or the cookie of a session says who they are.
  { path: '/people.css', methods: GET, admits: 'ANYONE' },
  { path: '/login', methods: ['GET', 'HEAD', 'POST'], admits: 'ANYONE' },
  { path: '/login/start', methods: GET, admits: 'ANYONE' },
  { path: '/login/callback', methods: GET, admits: 'ANYONE' },
  { path: '/invitations/*', methods: ['GET', 'HEAD', 'POST'], admits: 'ANYONE' },
  { path: '/account', methods: GET, admits: 'ANYONE' },
  { path: '/account/sessions/*', methods: POST, admits: 'ANYONE' },
  { path: '/log-out', methods: POST, admits: 'ANYONE' },
  // For parties without a node: a one-time link says which notice they answer.
  { path: '/answers/*', methods: ['GET', 'HEAD', 'POST'], admits: 'ANYONE' },
  // For whoever scans a code: what the owner of the lot made public, and nothing else.
  { path: '/01/*', methods: GET, admits: 'ANYONE' },
  { path: '/public.css', methods: GET, admits: 'ANYONE' },
  // The admin's own files: it holds nothing, and asks by the door of GraphQL like everybody.
  { path: '/', methods: GET, admits: 'ANYONE' },
  { path: '/admin/*', methods: GET, admits: 'ANYONE' },
  { path: '/epcis/*', methods: ANY, admits: 'CALLER' },
  // An audit export is for auditors, another file for who asked for it.
  { path: '/exports/*', methods: GET, admits: { own: 'VIEWER' } },
  // For nodes only; what they have a part in is decided book by book.
  { path: '/authority', methods: POST, admits: 'CALLER' },
];

export function doorOf(method: string, path: string): Door | undefined {
  return DOORS.find((door) => door.methods.includes(method) && isAt(door.path, path));
}

function isAt(pattern: string, path: string): boolean {
  if (!pattern.endsWith('/*')) return path === pattern;
  const base = pattern.slice(0, -2);
  return path === base || path.startsWith(`${base}/`);
}

/** Puts the table before every handler of the Express app. The caller is then in `res.locals.caller`. */
export function guard(input: {
  recognise: Recognise;
  callLimit: CallLimit;
  metrics: 'callers' | 'loopback' | 'nobody';
}): RequestHandler {
  return async (req, res, next) => {
    // Nothing here is named with it, and databases hold no text with it.
    if (/%00/.test(req.url)) throw new LotbookError('BAD_INPUT', 'The address holds a NUL character.');
    const door = doorOf(req.method, req.path);
    if (!door) throw new LotbookError('NOT_FOUND', 'There is nothing at this path for this method.');
    if (needsToken(door.admits, req, input.metrics)) {
      const caller = await input.recognise(req);
      res.locals['caller'] = caller;
      await input.callLimit.take(caller);
      if (!admits(door.admits, caller)) {
        throw new LotbookError(
          'NOT_PERMITTED',
          "This is for the node's own organisation, and the role that it needs.",
        );
      }
    }
    next();
  };
}

/** The caller of a request that came through a door for callers. */
export function callerFrom(res: { locals: Record<string, unknown> }): Caller {
  const caller = res.locals['caller'];
  if (!caller) throw new Error('a handler for callers stands behind a door that asks for no token');
  return caller as Caller;
}

function needsToken(
  admission: Admission,
  req: IncomingMessage,
  metrics: 'callers' | 'loopback' | 'nobody',
): boolean {
  if (admission === 'ANYONE') return false;
  if (admission !== 'METRICS') return true;
  if (metrics === 'nobody')
    throw new LotbookError('NOT_FOUND', 'There is nothing at this path for this method.');
  return !(metrics === 'loopback' && isFromThisMachine(req));
}

function admits(admission: Admission, caller: Caller): boolean {
  if (admission === 'METRICS') return hasRole(caller, 'AUDITOR', null);
  return typeof admission === 'string' || hasRoleSomewhere(caller, admission.own);
}

/** A proxy on this machine speaks for others: what it forwards is not from here. */
function isFromThisMachine(req: IncomingMessage): boolean {
  const { forwarded, 'x-forwarded-for': forwardedFor, via } = req.headers;
  const address = req.socket.remoteAddress ?? '';
  return !forwarded && !forwardedFor && !via && /^(127\.|::1$|::ffff:127\.)/.test(address);
}
