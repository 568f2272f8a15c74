import { expect, it } from 'vitest';
import { readingAhead } from '../../api/delivery/reading-ahead.ts';
import { remembering } from '../../api/delivery/remembering.ts';
import type { EventSource } from '../../api/delivery/trace-source.ts';
import type { TraceEvent } from '../../api/recall/trace-event.ts';
import { lot, seen } from '../recall/support/events.ts';

const IDS = ['a', 'b', 'c', 'd'].map(lot);
const [A, B, C, D] = IDS as [string, string, string, string];
const events = [
  seen(1, 'storing', { [A]: null, [B]: null }),
  ...IDS.map((id) => seen(2, 'shipping', { [id]: null })),
];

const linking = (ids: readonly string[]): TraceEvent[] =>
  events.filter(({ things }) => things.some(({ identifier }) => ids.includes(identifier)));

/** Answers, and notes what it was asked for. */
function source(asked: string[][]): EventSource {
  return async (ask) => {
    const ids = 'links' in ask ? [...ask.links] : [];
    asked.push(ids);
    await Promise.resolve();
    return linking(ids);
  };
}

it('what was read ahead is not read again, and the answer is the same', async () => {
  const asked: string[][] = [];
  const read = readingAhead(source(asked));
  expect(await read({ links: [A], ahead: [B, C] })).toEqual(linking([A]));
  expect(new Set(await read({ links: [B, C, D] }))).toEqual(new Set(linking([B, C, D])));
  expect(asked).toEqual([[A], [B, C], [D]]);
});

it('what was read ahead and is not asked for is left', async () => {
  const asked: string[][] = [];
  const read = readingAhead(source(asked));
  await read({ links: [A], ahead: [B] });
  expect(await read({ links: [C] })).toEqual(linking([C]));
});

it('a reading ahead that fails is told to who asks for it, and the next one asks anew', async () => {
  let isDown = false;
  const read = readingAhead(
    remembering((ask) =>
      isDown ? Promise.reject(new Error('down')) : Promise.resolve(linking('links' in ask ? ask.links : [])),
    ),
  );
  const first = read({ links: [A], ahead: [B] });
  await first.then(() => undefined);
  isDown = true;
  expect(await read({ links: [B], ahead: [C] })).toEqual(linking([B]));
  await expect(read({ links: [C] })).rejects.toThrow('down');
  isDown = false;
  expect(await read({ links: [C] })).toEqual(linking([C]));
});

it('two walks over one memory do not see what is still on its way as nothing', async () => {
  const memory = remembering(source([]));
  const [one, other] = await Promise.all([memory({ links: [A, B] }), memory({ links: [B] })]);
  expect(one).toEqual(linking([A, B]));
  expect(other).toEqual(linking([B]));
});
