import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { now } from '../support/now.ts';
import { serveCalls } from '../support/worker.ts';

/** The limit of a feed: a plain HTTP server that writes ready-made frames to every client as fast as each takes them. */
const clients: { res: ServerResponse; frames: readonly Buffer[]; next: number }[] = [];
let streams: Buffer[][] = [];

const server = createServer((req, res) => {
  res.writeHead(200, { 'content-type': 'text/event-stream' });
  res.flushHeaders();
  const client = { res, frames: streams[Number(req.url?.slice(1))] ?? [], next: 0 };
  clients.push(client);
  res.on('drain', () => pump(client));
  res.once('close', () => clients.splice(clients.indexOf(client), 1));
  res.on('error', () => undefined);
  res.write(':\n\n');
});

function pump(client: (typeof clients)[number]): void {
  while (client.next < client.frames.length) {
    if (!client.res.write(client.frames[client.next++])) return;
  }
}

serveCalls({
  listen: () =>
    new Promise<number>((resolve) => {
      server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
    }),
  /** Clients of `/n` get the n-th stream. */
  load: (texts: string[]) => {
    streams = texts.map((text) =>
      text
        .split('\n\n')
        .slice(0, -1)
        .map((frame) => Buffer.from(`${frame}\n\n`)),
    );
  },
  /** Writes all streams to all clients; `now()` as it begins. */
  write: () => {
    const startedAt = now();
    for (const client of clients) pump(client);
    return startedAt;
  },
});
