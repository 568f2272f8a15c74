import { connect, createServer, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';

/** A TCP proxy that keeps every byte that comes back through it. */
export interface RecordingProxy {
  url: string;
  /** Sends what comes to this port from now on. */
  forwardTo(port: number): void;
  /** What the server behind it has sent: each connection's bytes in their order, as latin1. */
  received(): string[];
  close(): Promise<void>;
}

export async function openRecordingProxy(): Promise<RecordingProxy> {
  const connections: Buffer[][] = [];
  const sockets = new Set<Socket>();
  let target = 0;
  const server: Server = createServer((inner) => {
    const outer = connect(target, '127.0.0.1');
    const bytes: Buffer[] = [];
    connections.push(bytes);
    outer.on('data', (chunk) => bytes.push(chunk));
    for (const [from, to] of [
      [inner, outer],
      [outer, inner],
    ] as const) {
      sockets.add(from);
      from.on('error', () => to.destroy());
      from.on('close', () => sockets.delete(from));
      from.pipe(to);
    }
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://localhost:${(server.address() as AddressInfo).port}`,
    forwardTo: (port) => (target = port),
    received: () => connections.map((bytes) => Buffer.concat(bytes).toString('latin1')),
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}
