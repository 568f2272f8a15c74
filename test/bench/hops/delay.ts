import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A TCP proxy through which every byte takes its time, as over a long line. */
export interface DelayingProxy {
  url: string;
  /** Sends what comes to this port from now on. */
  forwardTo(port: number): void;
  close(): Promise<void>;
}

export async function openDelayingProxy(oneWayMs: number): Promise<DelayingProxy> {
  const sockets = new Set<Socket>();
  let target = 0;
  const server = createServer((inner) => {
    const outer = connect(target, '127.0.0.1');
    for (const [from, to] of [
      [inner, outer],
      [outer, inner],
    ] as const) {
      sockets.add(from);
      from.setNoDelay(true);
      from.on('error', () => to.destroy());
      from.on('close', () => sockets.delete(from));
      // Timers of one length fire in their order.
      from.on('data', (bytes) => setTimeout(() => to.writable && to.write(bytes), oneWayMs));
      from.on('end', () => setTimeout(() => to.end(), oneWayMs));
    }
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://localhost:${(server.address() as AddressInfo).port}`,
    forwardTo: (port) => (target = port),
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}
