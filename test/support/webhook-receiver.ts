import { createServer, type ServerResponse } from 'node:http';
import { compactVerify, createLocalJWKSet, type JSONWebKeySet } from 'jose';

/** What a webhook was sent, its signature verified by a stock JOSE library as it came. */
export interface Received {
  path: string;
  claims: { iss: string; aud: string; jti: string; iat: number; book: string; feed: ReceivedBatch };
  typ: unknown;
}

export interface ReceivedBatch {
  cursor: string;
  items: { kind: string; token: string; seq: number | null; disclosures: string[]; grants: string[] }[];
  caughtUp: boolean;
  end: string | null;
}

export interface Receiver {
  url(path: string): string;
  received: Received[];
  /** What did not verify. */
  forged: unknown[];
  /** How often a sender went away before it was answered. */
  abandoned(path: string): number;
  /** From now on a path answers so; not at all with `hold`. */
  answer(path: string, answer: number | 'hold' | ((res: ServerResponse) => void)): void;
  /** Items that came to a path, in order. */
  items(path: string): ReceivedBatch['items'];
  at(path: string): Received[];
  /** Refuses connections until it is opened again. */
  close(): Promise<void>;
  open(): Promise<void>;
}

/** The program of a subscriber without a node. */
export async function openReceiver(jwks: () => Promise<JSONWebKeySet>, port: number): Promise<Receiver> {
  const answers = new Map<string, number | 'hold' | ((res: ServerResponse) => void)>();
  const abandoned = new Map<string, number>();
  const received: Received[] = [];
  const forged: unknown[] = [];
  const server = createServer((req, res) => {
    const chunks: Buffer[] = [];
    const path = req.url ?? '';
    req.on('data', (chunk: Buffer) => chunks.push(chunk));
    res.on('close', () => {
      if (!res.writableFinished) abandoned.set(path, (abandoned.get(path) ?? 0) + 1);
    });
    req.on('end', async () => {
      const body = Buffer.concat(chunks);
      const [header, , signature] = String(req.headers['lotbook-signature']).split('.');
      const token = `${header}.${body.toString('base64url')}.${signature}`;
      try {
        const { protectedHeader } = await compactVerify(token, createLocalJWKSet(await jwks()));
        const claims = JSON.parse(body.toString('utf8')) as Received['claims'];
        received.push({ path, claims, typ: protectedHeader.typ });
      } catch (error) {
        forged.push(error);
      }
      const answer = answers.get(path) ?? 204;
      if (typeof answer === 'function') answer(res);
      else if (answer !== 'hold') res.writeHead(answer).end();
    });
  });
  const at = (path: string): Received[] => received.filter((each) => each.path === path);
  const receiver: Receiver = {
    url: (path) => `http://localhost:${port}${path}`,
    received,
    forged,
    abandoned: (path) => abandoned.get(path) ?? 0,
    answer: (path, answer) => void answers.set(path, answer),
    at,
    items: (path) => at(path).flatMap(({ claims }) => claims.feed.items),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
    open: () => new Promise((resolve) => void server.listen(port, 'localhost', resolve)),
  };
  await receiver.open();
  return receiver;
}
