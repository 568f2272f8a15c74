import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface FakePeer {
  url: string;
  /** Method and path of each request, in order. */
  seen: string[];
  tokensGiven: number;
  close(): Promise<void>;
}

export type Answer = (req: IncomingMessage, res: ServerResponse, body: string) => void;

/** Another node, as good or bad as a test wants it: a token endpoint that works, and `/graphql` as given. */
export async function openFakePeer(graphql: Answer, token?: Answer): Promise<FakePeer> {
  const peer: FakePeer = { url: '', seen: [], tokensGiven: 0, close: async () => undefined };
  const server = createServer(async (req, res) => {
    peer.seen.push(`${req.method} ${req.url}`);
    let body = '';
    for await (const chunk of req) body += String(chunk);
    if (req.url !== '/oauth/token') return graphql(req, res, body);
    if (token) return token(req, res, body);
    peer.tokensGiven += 1;
    json(res, 200, { access_token: `token-${peer.tokensGiven}`, token_type: 'Bearer', expires_in: 300 });
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  peer.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  peer.close = () =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return peer;
}

export function json(res: ServerResponse, status: number, body: unknown): void {
  res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
