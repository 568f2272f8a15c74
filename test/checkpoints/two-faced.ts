import { createServer, request as ask, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isObject } from '../../api/events/value.ts';

/** What an item or a change says of itself. */
export interface Shown {
  sub: string;
  ver: number;
}

/** The public address of a dishonest owner: each partner is served by the node, and shown the changes, that the owner likes. */
export interface TwoFaced {
  url: string;
  /** Where a partner's calls go; by default to the one node there is. */
  routes: Map<string, string>;
  /** What is left out of feeds, and out of answers to queries. */
  hides: { feed(shown: Shown): boolean; queries(shown: Shown): boolean };
  close(): Promise<void>;
}

export async function openTwoFaced(port: number, target: string): Promise<TwoFaced> {
  const routes = new Map<string, string>();
  const hides: TwoFaced['hides'] = { feed: () => false, queries: () => false };
  const server = createServer((req, res) => {
    void serve(req, res, (organisation) => routes.get(organisation) ?? target, hides).catch(() =>
      res.destroy(),
    );
  });
  await new Promise<void>((resolve) => void server.listen(port, '127.0.0.1', resolve));
  return {
    url: `http://localhost:${(server.address() as AddressInfo).port}`,
    routes,
    hides,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => void server.close(() => resolve()));
    },
  };
}

async function serve(
  req: IncomingMessage,
  res: ServerResponse,
  targetOf: (organisation: string) => string,
  hides: TwoFaced['hides'],
): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of req) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  const target = new URL(targetOf(callerOf(req, body)));
  const { 'accept-encoding': _encoding, ...headers } = req.headers;
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const given = { method: req.method, headers: { ...headers, host: target.host }, path: req.url };
    const call = ask({ host: target.hostname, port: target.port, ...given }, resolve);
    call.on('error', reject);
    res.on('close', () => call.destroy());
    call.end(body);
  });
  const { 'content-length': _length, ...answered } = answer.headers;
  res.writeHead(answer.statusCode ?? 502, answered);
  if (answer.headers['content-type']?.startsWith('text/event-stream'))
    return relayEvents(answer, res, (shown) => hides.feed(shown));
  const parts: Buffer[] = [];
  for await (const part of answer) parts.push(part as Buffer);
  res.end(withoutEdges(Buffer.concat(parts).toString(), hides.queries));
}

/** The organisation that calls: by its access token, or by the assertion with which it asks for one. */
function callerOf({ headers }: IncomingMessage, body: Buffer): string {
  const bearer = headers.authorization?.slice('Bearer '.length);
  const assertion = new URLSearchParams(body.toString()).get('client_assertion');
  return String(claimsOf(bearer ?? assertion ?? '')['sub'] ?? '');
}

async function relayEvents(
  from: IncomingMessage,
  to: ServerResponse,
  isHidden: (shown: Shown) => boolean,
): Promise<void> {
  let rest = '';
  for await (const chunk of from) {
    rest += String(chunk);
    const events = rest.split('\n\n');
    rest = events.pop() ?? '';
    for (const event of events) {
      const data = /^data: (\{.*)$/m.exec(event)?.[1];
      to.write(`${data === undefined ? event : event.replace(data, withoutItems(data, isHidden))}\n\n`);
    }
  }
  to.end();
}

function withoutItems(text: string, isHidden: (shown: Shown) => boolean): string {
  const value = JSON.parse(text) as { data?: { feed?: { items: { token: string }[] } } };
  const { feed } = value.data ?? {};
  if (!feed) return text;
  feed.items = feed.items.filter(({ token }) => !isHidden(claimsOf(token)));
  return JSON.stringify(value);
}

function withoutEdges(text: string, isHidden: (shown: Shown) => boolean): string {
  if (!text.includes('"edges"')) return text;
  const value = JSON.parse(text) as { data: { changes?: { edges: { node: { token: string } }[] } } };
  const { changes } = value.data;
  if (changes) changes.edges = changes.edges.filter(({ node }) => !isHidden(claimsOf(node.token)));
  return JSON.stringify(value);
}

function claimsOf(token: string): Shown & Record<string, unknown> {
  const [, payload = ''] = token.split('.');
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString());
    return (isObject(claims) ? claims : {}) as Shown & Record<string, unknown>;
  } catch {
    return { sub: '', ver: 0 };
  }
}
