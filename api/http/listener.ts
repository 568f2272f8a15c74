import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { LotbookError } from '../errors.ts';
import { sendProblem } from './problem.ts';

export type Handler = (req: IncomingMessage, res: ServerResponse) => void;

export interface Listener {
  server: Server;
  /** The port that it got. */
  port: number;
  /** From now on requests are answered by this; until then with 503. */
  handle(handler: Handler): void;
}

const STARTING = new LotbookError('TOO_BUSY', 'The node is starting.', { retryAfterMs: 1000 });
const HEADERS_TIMEOUT_MS = 15_000;
const REQUEST_TIMEOUT_MS = 120_000;
/** Longer than the idle time of common load balancers (60 s), so that they close first. */
const KEEP_ALIVE_MS = 65_000;

/**
 * Takes the port before anything else is opened: a second node on it fails at once, and the public URL is known where
 * the port is 0. Rejects with the error of `listen` (EADDRINUSE, EACCES).
 */
export async function openListener({ host, port }: { host: string; port: number }): Promise<Listener> {
  let handler: Handler = (_req, res) => sendProblem(res, STARTING, '');
  const server = createServer(
    {
      headersTimeout: HEADERS_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      keepAliveTimeout: KEEP_ALIVE_MS,
      maxHeaderSize: 16 * 1024,
      requireHostHeader: true,
    },
    (req, res) => handler(req, res),
  );
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, () => {
      server.off('error', reject);
      resolve();
    });
  });
  return {
    server,
    port: (server.address() as AddressInfo).port,
    handle: (next) => {
      handler = next;
    },
  };
}
