import { describe, expect, test } from 'vitest';
import { change, chunksOf, type Chunk } from '../../../api/cli/import/read.ts';
import { callsOf, sendChunks } from '../../../api/cli/import/send.ts';
import { LotbookError } from '../../../api/errors.ts';
import type { JsonObject } from '../../../api/identity/strict-json.ts';

const chunks = chunksOf(
  Array.from({ length: 700 }, (_, index) => change('EVENT', `urn:x:${index}`, {})),
  'key',
);

type Answer = { state: string; outcome: []; error: { code: string; retryAfterMs?: number } | null };

/** Sends to a node that answers each call by the given function; tells what was sent and what came back. */
async function send(answer: (keys: string[], call: number) => Answer[], given: readonly Chunk[] = chunks) {
  const calls: string[][] = [];
  const retries: string[] = [];
  const stop = new AbortController();
  const sender = {
    node: {
      query: async (_document: string, variables: Record<string, unknown> = {}) => {
        const keys = (variables['updates'] as { key: string }[]).map(({ key }) => key);
        calls.push(keys);
        return { requestUpdates: { requests: answer(keys, calls.length) } } as unknown as JsonObject;
      },
    },
    book: 'a.example/b',
    onRetry: (why: string) => void retries.push(why),
    signal: stop.signal,
  };
  const answered: [string, string][] = [];
  for await (const { chunk, answer: one } of sendChunks(sender, given)) answered.push([chunk.key, one.state]);
  return { calls, retries, answered, stop };
}

const approved: Answer = { state: 'APPROVED', outcome: [], error: null };
const busy: Answer = { state: 'REFUSED', outcome: [], error: { code: 'TOO_BUSY', retryAfterMs: 1 } };
const all = chunks.map(({ key }) => [key, 'APPROVED']);

describe('chunks are sent', () => {
  test('several in a call, each answered once and in order', async () => {
    const { calls, answered } = await send((keys) => keys.map(() => approved));
    expect(calls.map(({ length }) => length)).toEqual([5, 2]);
    expect(answered).toEqual(all);
  });

  test('again, those alone for which the node was too busy', async () => {
    const { calls, answered, retries } = await send((keys, call) =>
      keys.map((_, index) => (call === 1 && index > 2 ? busy : approved)),
    );
    expect(calls).toEqual([
      ['key:0', 'key:1', 'key:2', 'key:3', 'key:4'],
      ['key:3', 'key:4'],
      ['key:5', 'key:6'],
    ]);
    expect(retries).toHaveLength(1);
    expect(answered).toEqual(all);
  });

  test('again when the node did not answer', async () => {
    const { answered, retries } = await send((keys, call) => {
      if (call === 2) throw new LotbookError('UNREACHABLE', 'a.example does not answer.');
      return keys.map(() => approved);
    });
    expect(retries).toEqual(['a.example does not answer.']);
    expect(answered).toEqual(all);
  });

  test('one by one when a call is too large', async () => {
    const { calls, answered } = await send((keys) => {
      if (keys.length > 1) throw new LotbookError('TOO_LARGE', 'It is too large.');
      return keys.map(() => approved);
    });
    expect(calls.filter(({ length }) => length === 1)).toHaveLength(7);
    expect(answered).toEqual(all);
  });

  test('not again when it does not help', async () => {
    const refusing = send(() => {
      throw new LotbookError('NOT_FOUND', 'There is no such book.');
    });
    await expect(refusing).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  test('never two about one record in a call', () => {
    const again = chunksOf(
      [1, 2, 1, 3].map((id) => change('EVENT', `urn:x:${id}`, {})),
      'key',
    );
    expect(callsOf(again).map((call) => call.map(({ key }) => key))).toEqual([['key:0'], ['key:1']]);
  });
});
