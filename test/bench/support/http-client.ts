import { connect, type Socket } from 'node:net';

export interface PreparedCalls {
  port: number;
  token: string;
  path: string;
  bodies: readonly string[];
  /** The status of a good answer. */
  status: number;
  /** What a good answer has nothing of. */
  not?: string;
}

export interface Sent {
  seconds: number;
  /** Of each call, ms. */
  latencies: number[];
}

/** A keep-alive HTTP/1.1 connection that costs its process as little as it can: requests are ready-made bytes. */
class Connection {
  #socket: Socket;
  #received: Buffer[] = [];
  #size = 0;
  #answer: { resolve: (answer: Buffer) => void; reject: (error: Error) => void } | null = null;
  #needed: number | null = null;

  constructor(port: number) {
    this.#socket = connect({ port, host: '127.0.0.1', noDelay: true });
    this.#socket.on('data', (chunk) => this.#take(chunk));
    this.#socket.on('close', () => this.#answer?.reject(new Error('the connection was closed')));
    this.#socket.on('error', () => undefined);
  }

  send(request: Buffer): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      this.#answer = { resolve, reject };
      this.#socket.write(request);
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  #take(chunk: Buffer): void {
    this.#received.push(chunk);
    this.#size += chunk.length;
    this.#needed ??= neededBytes(Buffer.concat(this.#received));
    if (this.#needed === null || this.#size < this.#needed) return;
    const answer = Buffer.concat(this.#received);
    this.#received = [];
    this.#size = 0;
    this.#needed = null;
    this.#answer?.resolve(answer);
  }
}

function neededBytes(head: Buffer): number | null {
  const end = head.indexOf('\r\n\r\n');
  if (end < 0) return null;
  const [, length = '0'] = /content-length: (\d+)/i.exec(head.toString('latin1', 0, end)) ?? [];
  return end + 4 + Number(length);
}

/** Makes the bytes of all calls, to be sent later. */
export function requestsOf({ port, token, path, bodies }: PreparedCalls): Buffer[] {
  return bodies.map((body) =>
    Buffer.from(
      `POST ${path} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\nauthorization: Bearer ${token}\r\n` +
        `content-type: application/json\r\naccept: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    ),
  );
}

/** Sends all calls over so many connections, each with one call under way; throws at the first answer that is not good. */
export async function sendAll(
  calls: Pick<PreparedCalls, 'port' | 'status' | 'not'>,
  requests: readonly Buffer[],
  clients: number,
): Promise<Sent> {
  const connections = Array.from({ length: clients }, () => new Connection(calls.port));
  const latencies: number[] = [];
  let next = 0;
  const startedAt = performance.now();
  await Promise.all(
    connections.map(async (connection) => {
      for (let at = next++; at < requests.length; at = next++) {
        const sentAt = performance.now();
        const answer = await connection.send(requests[at] as Buffer);
        latencies.push(performance.now() - sentAt);
        check(answer, calls);
      }
    }),
  );
  const seconds = (performance.now() - startedAt) / 1000;
  for (const connection of connections) connection.close();
  return { seconds, latencies };
}

/** Sends so many calls a second, whether the earlier ones were answered or not. */
export async function sendPaced(
  calls: Pick<PreparedCalls, 'port' | 'status' | 'not'>,
  requests: readonly Buffer[],
  perSecond: number,
): Promise<void> {
  const idle: Connection[] = [];
  const startedAt = performance.now();
  const answers = requests.map(async (request, nr) => {
    await new Promise((resolve) =>
      setTimeout(resolve, (nr * 1000) / perSecond - (performance.now() - startedAt)),
    );
    const connection = idle.pop() ?? new Connection(calls.port);
    check(await connection.send(request), calls);
    idle.push(connection);
  });
  await Promise.all(answers);
  for (const connection of idle) connection.close();
}

function check(answer: Buffer, { status, not }: Pick<PreparedCalls, 'status' | 'not'>): void {
  const good = answer.toString('latin1', 9, 12) === String(status) && (!not || !answer.includes(not));
  if (!good) throw new Error(`not the expected answer: ${answer.toString('utf8').slice(0, 600)}`);
}
