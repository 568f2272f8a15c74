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
  /** What is left out of feeds, and out of answers to queries; who is shown no checkpoint at all. */
  hides: {
    feed(shown: Shown): boolean;
    queries(shown: Shown): boolean;
    checkpoints(organisation: string): boolean;
  };
  /** From now on this organisation is served by that node; what it listens to ends. */
  turn(organisation: string, target: string): void;
  /** How many entries the checkpoints cover that an organisation was handed as answers, in their order. */
  sizesShown(organisation: string): readonly number[];
  close(): Promise<void>;
}

interface State extends Pick<TwoFaced, 'hides'> {
  routes: Map<string, string>;
  /** The streams that each organisation listens to. */
  streams: Map<string, Set<ServerResponse>>;
  sizes: Map<string, number[]>;
}

export async function openTwoFaced(port: number): Promise<TwoFaced> {
  const hides = { feed: () => false, queries: () => false, checkpoints: () => false };
  const state: State = { hides, routes: new Map(), streams: new Map(), sizes: new Map() };
  const server = createServer((req, res) => {
    void serve(req, res, state).catch(() => res.destroy());
  });
  await new Promise<void>((resolve) => void server.listen(port, '127.0.0.1', resolve));
  return {
    url: `http://localhost:${(server.address() as AddressInfo).port}`,
    hides,
    turn: (organisation, target) => {
      state.routes.set(organisation, target);
      for (const stream of state.streams.get(organisation) ?? []) stream.destroy();
    },
    sizesShown: (organisation) => state.sizes.get(organisation) ?? [],
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => void server.close(() => resolve()));
    },
  };
}

async function serve(req: IncomingMessage, res: ServerResponse, state: State): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of req) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  const caller = callerOf(req, body);
  const target = new URL(state.routes.get(caller) ?? state.routes.get('') ?? '');
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
  if (answer.headers['content-type']?.startsWith('text/event-stream')) {
    const open = state.streams.get(caller) ?? new Set();
    state.streams.set(caller, open.add(res));
    res.on('close', () => open.delete(res));
    return relayEvents(answer, res, (item) => isLeftOut(item, caller, state));
  }
  const parts: Buffer[] = [];
  for await (const part of answer) parts.push(part as Buffer);
  res.end(
    withoutCheckpoint(withoutEdges(Buffer.concat(parts).toString(), state.hides.queries), caller, state),
  );
}

function isLeftOut({ kind, token }: Item, caller: string, { hides }: State): boolean {
  const isCheckpoint = kind === 'HEADS' || kind === 'CHECKPOINT';
  return isCheckpoint ? hides.checkpoints(caller) : hides.feed(claimsOf(token));
}

/** Notes what an organisation is shown, or shows it nothing. */
function withoutCheckpoint(text: string, caller: string, { hides, sizes }: State): string {
  if (!text.startsWith('{"data":{"checkpoint":{')) return text;
  if (hides.checkpoints(caller)) return '{"data":{"checkpoint":null}}';
  const { data } = JSON.parse(text) as { data: { checkpoint: { note: string } } };
  const size = Number(data.checkpoint.note.split('\n')[1]);
  sizes.set(caller, [...(sizes.get(caller) ?? []), size]);
  return text;
}

/** The organisation that calls: by its access token, or by the assertion with which it asks for one. */
function callerOf({ headers }: IncomingMessage, body: Buffer): string {
  const bearer = headers.authorization?.slice('Bearer '.length);
  const assertion = new URLSearchParams(body.toString()).get('client_assertion');
  return String(claimsOf(bearer ?? assertion ?? '')['sub'] ?? '');
}

interface Item {
  kind: string;
  token: string;
}

async function relayEvents(
  from: IncomingMessage,
  to: ServerResponse,
  isHidden: (item: Item) => boolean,
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

function withoutItems(text: string, isHidden: (item: Item) => boolean): string {
  const value = JSON.parse(text) as { data?: { feed?: { items: Item[] } } };
  const { feed } = value.data ?? {};
  if (!feed) return text;
  feed.items = feed.items.filter((item) => !isHidden(item));
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
