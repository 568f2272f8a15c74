import type { IncomingMessage, ServerResponse } from 'node:http';

/** The events of graphql-sse's distinct connections mode. */
export const COMPLETE = 'event: complete\ndata: \n\n';
/** A comment: a sign of life that clients ignore. */
export const HEARTBEAT = ':\n\n';

export function nextEvent(result: string): string {
  return `event: next\ndata: ${result}\n\n`;
}

/** Does the caller take an event stream and no plain JSON? */
export function isEventStream(req: IncomingMessage): boolean {
  const accept = req.headers.accept ?? '';
  return (
    accept.includes('text/event-stream') && !/application\/(\*|json|graphql-response\+json)/.test(accept)
  );
}

export function eventStream(res: ServerResponse): void {
  res.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
  });
  res.flushHeaders();
}
