import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { connect } from 'node:net';

export interface RawAnswer {
  /** 0: the connection was closed without an answer. */
  status: number;
  text: string;
}

export interface RawRequest {
  method?: string;
  path?: string;
  headers?: Record<string, string>;
  body?: string | Uint8Array;
}

/** One request whose body and headers are sent as they are. */
export async function sendRaw(
  url: string,
  { method = 'POST', path = '/graphql', headers = {}, body }: RawRequest,
): Promise<RawAnswer> {
  const res = await fetch(url + path, {
    method,
    headers,
    ...(body !== undefined && { body: Buffer.from(body) }),
  });
  return { status: res.status, text: await res.text() };
}

/** Says that the body is longer than it is, and goes away. */
export function sendTruncated(
  url: string,
  headers: Record<string, string>,
  body: string,
): Promise<RawAnswer> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    let text = '';
    const socket = connect(Number(port), hostname, () => {
      const head = { ...headers, host: hostname, 'content-length': String(body.length + 100) };
      const lines = Object.entries(head).map(([name, value]) => `${name}: ${value}`);
      socket.end(`POST /graphql HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n${body}`);
    });
    socket.on('data', (bytes) => (text += String(bytes)));
    socket.on('error', () => undefined);
    socket.on('close', () => resolve({ status: Number(/^HTTP\/1.1 (\d+)/.exec(text)?.[1] ?? 0), text }));
  });
}

/** Sends a body of so many bytes piece by piece, with its length said before or not, until it is answered. */
export function sendLarge(
  url: string,
  input: { path: string; headers: Record<string, string>; bytes: number; saysLength: boolean },
): Promise<RawAnswer & { sent: number }> {
  const piece = Buffer.alloc(64 * 1024, '"aaaaaaa ');
  const length = input.saysLength ? { 'content-length': String(input.bytes) } : {};
  return new Promise((resolve) => {
    const state = { sent: 0, answered: false };
    const req = request(
      url + input.path,
      { method: 'POST', headers: { ...input.headers, ...length } },
      (res) => {
        state.answered = true;
        let text = '';
        res.on('data', (bytes) => (text += String(bytes)));
        res.on('end', () => {
          req.destroy();
          resolve({ status: res.statusCode ?? 0, text, sent: state.sent });
        });
      },
    );
    req.on('error', () => {
      if (!state.answered) resolve({ status: 0, text: '', sent: state.sent });
    });
    const pump = (): void => {
      while (!state.answered && state.sent < input.bytes) {
        state.sent += piece.length;
        if (!req.write(piece)) return void req.once('drain', pump);
      }
      if (!state.answered) req.end();
    };
    pump();
  });
}

/** Resident memory of a process, in MB (Linux). */
export function memoryOf(pid: number): number {
  const [, pages] = readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ');
  return (Number(pages) * 4096) / 1024 ** 2;
}
