import { expect, test } from 'vitest';
import { openProgress, progressLine } from '../../../api/cli/import/progress.ts';

test('progress tells count, rate and the time that is left', () => {
  const at = { done: 1_200, total: 50_000, what: 'events', elapsedMs: 2_000 };
  expect(progressLine(at)).toBe('1,200 of 50,000 events, 600/s, 82 s left');
});

test('a terminal gets a bar that is taken away in the end, a file a line now and then', () => {
  const play = (isTTY: boolean): string => {
    let text = '';
    let clock = 0;
    const screen = { isTTY, columns: 80, write: (more: string) => (text += more) };
    const progress = openProgress(screen, 100, 'events', () => clock);
    for (let step = 0; step < 10; step += 1) {
      clock += 1_000;
      progress.advance(10);
    }
    progress.end();
    return text;
  };
  expect(play(false).trimEnd().split('\n')).toEqual([
    '50 of 100 events, 10/s, 5 s left',
    '100 of 100 events, 10/s, 0 s left',
  ]);
  expect(play(true)).toContain('\r\u001B[K[########........] 50 of 100 events');
  expect(play(true).endsWith('\r\u001B[K')).toBe(true);
});
