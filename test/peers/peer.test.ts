import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { peekClaims } from '../../api/identity/jws.ts';
import { localSigner } from '../../api/identity/signer.ts';
import { openNetworks } from '../../api/peers/networks.ts';
import { openOutbound } from '../../api/peers/outbound.ts';
import { openPeers, type Peers } from '../../api/peers/peer.ts';
import { type Answer, type FakePeer, json, openFakePeer } from '../support/fake-peer.ts';
import { generateKey } from '../support/key.ts';

const BUYER = 'buyer.example';
let peer: FakePeer | undefined;
let peers: Peers;
let reports: (string | null)[];
let clock: number;

beforeEach(() => {
  reports = [];
  clock = Date.now();
});
afterEach(() => peer?.close());

async function against(graphql: Answer, token?: Answer): Promise<FakePeer> {
  peer = await openFakePeer(graphql, token);
  const { url } = peer;
  peers = openPeers({
    self: { organisation: 'packer.example' },
    signer: localSigner(generateKey()),
    lookUp: async (organisation) => (organisation === BUYER ? { url } : undefined),
    now: () => clock,
    randomId: () => randomUUID(),
    send: openOutbound(openNetworks('loopback')),
    report: (_organisation, why) => reports.push(why),
  });
  return peer;
}

const call = (timeoutMs = 10_000) => peers.call(BUYER, '{ node { name } }', {}, { timeoutMs });
const answerName: Answer = (_req, res) => json(res, 200, { data: { node: { name: 'Buyer' } } });
const failure = (code: string, more: object = {}) => ({
  errors: [{ message: 'secret 42', extensions: { code, ...more } }],
});

describe('a call', () => {
  test('is made with a token that was asked for with an assertion, once for many calls', async () => {
    let form = '';
    const node = await against(answerName, (_req, res, body) => {
      form = body;
      json(res, 200, { access_token: 'tok', token_type: 'Bearer', expires_in: 300 });
    });
    const results = await Promise.all([call(), call(), call()]);
    expect(results[0]).toEqual({ node: { name: 'Buyer' } });
    expect(node.seen.filter((line) => line === 'POST /oauth/token')).toHaveLength(1);
    const assertion = new URLSearchParams(form).get('client_assertion') ?? '';
    expect(peekClaims(assertion)).toMatchObject({
      iss: 'packer.example',
      sub: 'packer.example',
      aud: node.url,
    });
    expect(reports).toEqual([null]);
  });

  test('gets a new token before the old one ends', async () => {
    const node = await against(answerName);
    await call();
    clock += 269_000;
    await call();
    expect(node.tokensGiven).toBe(1);
    clock += 2_000;
    await call();
    expect(node.tokensGiven).toBe(2);
  });

  test('replaces a token that is refused, once', async () => {
    const node = await against((req, res) =>
      req.headers.authorization === 'Bearer token-1' ? json(res, 401, {}) : answerName(req, res, ''),
    );
    expect(await call()).toEqual({ node: { name: 'Buyer' } });
    expect(node.tokensGiven).toBe(2);
  });

  test('does not go on when the new token is refused too', async () => {
    const node = await against((_req, res) => json(res, 401, {}));
    await expect(call()).rejects.toMatchObject({ code: 'NOT_PERMITTED' });
    expect(node.seen).toHaveLength(4);
  });

  test('does not go on when no token is given', async () => {
    const node = await against(answerName, (_req, res) => json(res, 401, { error: 'invalid_client' }));
    await expect(call()).rejects.toMatchObject({ code: 'NOT_PERMITTED' });
    expect(node.seen).toEqual(['POST /oauth/token']);
  });

  test.each([
    ['NOT_FOUND', 'NOT_FOUND'],
    ['UNAUTHENTICATED', 'NOT_PERMITTED'],
    ['INTERNAL', 'UNREACHABLE'],
    ['SOMETHING_NEW', 'UNREACHABLE'],
  ])(
    'that is answered with the error %s fails with %s, without the text of the other node',
    async (theirs, ours) => {
      await against((_req, res) => json(res, 200, failure(theirs)));
      const error = await call().catch((caught: unknown) => caught as Error);
      expect(error).toMatchObject({ code: ours });
      expect(String(error)).toContain(BUYER);
      expect(String(error)).not.toContain('secret');
    },
  );

  test('keeps the time after which a busy node can be asked again', async () => {
    await against((_req, res) => json(res, 503, failure('TOO_BUSY', { retryAfterMs: 1234 })));
    await expect(call()).rejects.toMatchObject({ code: 'TOO_BUSY', details: { retryAfterMs: 1234 } });
  });

  test.each<[string, Answer]>([
    ['redirects', (_req, res) => res.writeHead(307, { location: 'http://127.0.0.1:1/' }).end()],
    ['answers no JSON', (_req, res) => res.end('<html>')],
    ['answers JSON that is no result', (_req, res) => json(res, 200, [1])],
    ['hangs up', (req) => req.socket.destroy()],
    [
      'answers without end',
      (_req, res) => {
        const chunk = Buffer.alloc(1024 * 1024, 0x20);
        const more = (): void => {
          if (!res.destroyed) res.write(chunk, more);
        };
        more();
      },
    ],
  ])('fails with UNREACHABLE when the node %s', async (_how, answer) => {
    await against(answer);
    await expect(call()).rejects.toMatchObject({ code: 'UNREACHABLE' });
    expect(reports).toHaveLength(1);
    expect(reports[0]).toEqual(expect.any(String));
  });

  test('fails with UNREACHABLE when no answer comes in time', async () => {
    await against(() => undefined);
    await expect(call(100)).rejects.toMatchObject({
      code: 'UNREACHABLE',
      message: expect.stringContaining('in time'),
    });
  });

  test('to an organisation that is no partner is not made', async () => {
    const node = await against(answerName);
    const limits = { timeoutMs: 1000 };
    await expect(peers.call('stranger.example', '{a}', {}, limits)).rejects.toMatchObject({
      code: 'UNREACHABLE',
    });
    expect(node.seen).toEqual([]);
  });

  test('that works again is reported', async () => {
    let works = false;
    await against((req, res) => (works ? answerName(req, res, '') : json(res, 500, {})));
    await call().catch(() => undefined);
    await call().catch(() => undefined);
    works = true;
    await call();
    expect(reports).toEqual([expect.any(String), null]);
  });
});

describe('a subscription', () => {
  const stream = (write: (write: (text: string) => void, end: () => void) => void): Answer => {
    return (_req, res) => {
      res.writeHead(200, { 'content-type': 'text/event-stream' });
      write(
        (text) => res.write(text),
        () => res.end(),
      );
    };
  };
  const next = (value: unknown) => `event: next\ndata: ${JSON.stringify({ data: value })}\n\n`;
  const subscribe = (signal = new AbortController().signal) =>
    peers.subscribe(BUYER, 'subscription { feed }', {}, { signal });

  test('gives value by value, until it is complete', async () => {
    await against(
      stream((write) => write(`${next({ n: 1 })}:\n\n${next({ n: 2 })}event: complete\ndata: \n\n`)),
    );
    const values: unknown[] = [];
    for await (const value of subscribe()) values.push(value);
    expect(values).toEqual([{ n: 1 }, { n: 2 }]);
  });

  test('that breaks off is an error, not an end', async () => {
    await against(
      stream((write, end) => {
        write(next({ n: 1 }));
        end();
      }),
    );
    const values = subscribe();
    expect((await values.next()).value).toEqual({ n: 1 });
    await expect(values.next()).rejects.toMatchObject({ code: 'UNREACHABLE' });
  });

  test('ends when its signal aborts', async () => {
    await against(stream((write) => write(next({ n: 1 }))));
    const stop = new AbortController();
    const values = subscribe(stop.signal);
    await values.next();
    const end = values.next();
    stop.abort();
    expect(await end).toEqual({ value: undefined, done: true });
  });

  test('that its reader leaves is closed at the other node', async () => {
    let left: (() => void) | undefined;
    const gone = new Promise<void>((resolve) => (left = resolve));
    await against((_req, res) => {
      res.on('close', () => left?.());
      res.writeHead(200, { 'content-type': 'text/event-stream' }).write(next({ n: 1 }));
    });
    for await (const value of subscribe()) {
      expect(value).toEqual({ n: 1 });
      break;
    }
    await gone;
  });

  test('that is refused before it begins tells why', async () => {
    await against((_req, res) => json(res, 200, failure('CURSOR_EXPIRED')));
    await expect(subscribe().next()).rejects.toMatchObject({ code: 'CURSOR_EXPIRED' });
  });
});
