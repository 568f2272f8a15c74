import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readEvents, type ServerSentEvent } from '../../api/peers/sse.ts';

async function read(chunks: Iterable<Uint8Array>, maxLength = 10_000): Promise<ServerSentEvent[]> {
  const source = async function* () {
    yield* chunks;
  };
  const events: ServerSentEvent[] = [];
  for await (const event of readEvents(source(), maxLength)) events.push(event);
  return events;
}

const bytes = (text: string) => [Buffer.from(text)];

test('events are read with their names and data, comments as signs of life', async () => {
  expect(await read(bytes(':\n\nevent: next\ndata: {"a":1}\n\nevent:complete\ndata:\n\n'))).toEqual([
    { event: 'comment', data: '' },
    { event: 'next', data: '{"a":1}' },
    { event: 'complete', data: '' },
  ]);
});

test('lines of data are joined, CRLF ends a line too, other fields are ignored', async () => {
  expect(await read(bytes('id: 7\r\ndata: a\r\ndata: b\r\n\r\n'))).toEqual([
    { event: 'message', data: 'a\nb' },
  ]);
});

test('an event that is not complete is not read', async () => {
  expect(await read(bytes('event: next\ndata: {"a"'))).toEqual([]);
});

test('however the bytes are cut, the events are the same', async () => {
  const text = 'event: next\ndata: {"größe":"5 µm"}\n\n:\n\nevent: next\ndata: 🍓\n\n';
  const whole = await read(bytes(text));
  const all = Buffer.from(text);
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 0, max: all.length }), { maxLength: 12 }), async (cuts) => {
      const places = [0, ...cuts.toSorted((a, b) => a - b), all.length];
      const chunks = places.slice(1).map((end, index) => all.subarray(places[index], end));
      expect(await read(chunks)).toEqual(whole);
    }),
  );
});

test.each([
  ['one endless line', 'data: '.padEnd(500, 'x')],
  ['endless lines', 'data: x\n'.repeat(100)],
])('an event longer than the limit is refused: %s', async (_what, text) => {
  await expect(read(bytes(text), 200)).rejects.toMatchObject({ code: 'UNREACHABLE' });
});

test('nothing more is pulled from the network while the reader works on an event', async () => {
  let pulled = 0;
  const source = async function* () {
    for (; pulled < 100;) {
      pulled += 1;
      yield Buffer.from('data: x\n\n');
    }
  };
  const events = readEvents(source(), 1000);
  await events.next();
  await new Promise(setImmediate);
  expect(pulled).toBe(1);
  await events.next();
  expect(pulled).toBe(2);
});
