import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import type { Metrics } from './metrics.ts';

const REQUEST_ID = /^[\w.-]{8,64}$/;

/**
 * Gives a request its id (the caller's own, if it sent a plain one) and, when it ends, writes it to the access log and
 * the metrics: method, route pattern, status, duration. No body, no query string, no header, no path with values.
 */
export function observe(
  req: IncomingMessage,
  res: ServerResponse,
  { log, metrics, randomId }: { log: Logger; metrics: Metrics; randomId: () => string },
): string {
  const given = req.headers['x-request-id'];
  const requestId = typeof given === 'string' && REQUEST_ID.test(given) ? given : randomId();
  res.setHeader('X-Request-Id', requestId);
  const startedAt = performance.now();
  res.once('close', () => {
    const seconds = (performance.now() - startedAt) / 1000;
    const route = routeOf(req);
    const method = req.method ?? '';
    // 499, as nginx has it: the caller went away before the answer was complete.
    const status = res.writableFinished ? res.statusCode : 499;
    metrics.observeRequest(seconds, { method, route, status: String(status) });
    const level = route === '/healthz' || route === '/readyz' || route === '/metrics' ? 'debug' : 'info';
    log[level]({ requestId, method, route, status, ms: Math.round(seconds * 1000) }, 'request');
  });
  return requestId;
}

/** The pattern that matched, as Express left it on the request; its parameters' values never. */
function routeOf(req: IncomingMessage & { baseUrl?: string; route?: { path?: unknown } }): string {
  if (isGraphql(req)) return '/graphql';
  const pattern = req.route?.path;
  return typeof pattern === 'string' ? `${req.baseUrl ?? ''}${pattern}` : 'none';
}

export function isGraphql(req: IncomingMessage): boolean {
  return /^\/graphql($|[/?])/.test(req.url ?? '');
}
