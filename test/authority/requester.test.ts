import { describe, expect, test } from 'vitest';
import { treat } from '../../api/authority/once.ts';
import { startRequester, stepRequester, type RequesterEvent } from '../../api/authority/requester.ts';
import { ALL_RULES } from '../../api/authority/rules.ts';

const PAUSES = { firstMs: 100, longestMs: 1000 };
const start = startRequester({ n: 1, holder: 'P', other: 'B' });
const run = (events: RequesterEvent[], now = 0) => {
  let last = { state: start, ask: null } as ReturnType<typeof stepRequester>;
  for (const event of events) last = stepRequester(last.state, event, now, PAUSES);
  return last;
};
const due = { type: 'due' } as const;
const failed = (attempt: number) => ({ type: 'failed', attempt }) as const;

describe('a requester', () => {
  test('asks the holder, one question at a time', () => {
    expect(run([due]).ask).toEqual({ attempt: 1, to: 'P', unable: null });
    expect(run([due, due]).ask).toBeNull();
  });

  test('turns to the other member at once, and tells it that the holder is unable', () => {
    expect(run([due, failed(1), due]).ask).toEqual({ attempt: 2, to: 'B', unable: { about: 'P', n: 1 } });
  });

  test('goes back to the holder after a pause that grows', () => {
    const once = run([due, failed(1), due, failed(2)]).state;
    expect(once).toMatchObject({ target: 'P', nextAt: 100 });
    expect(stepRequester(once, due, 99, PAUSES).ask).toBeNull();
  });

  test('follows who knows of a higher term, and nobody else', () => {
    const route = { n: 2, holder: 'B', other: 'P' };
    expect(run([due, { type: 'redirected', attempt: 1, route }, due]).ask).toMatchObject({
      to: 'B',
      unable: null,
    });
    expect(run([due, { type: 'redirected', attempt: 1, route: { ...route, n: 1 } }]).state.route.holder).toBe(
      'P',
    );
  });

  test('asks a new holder that it has learnt of without a pause', () => {
    const resting = [due, failed(1), due, failed(2)];
    const route = { n: 2, holder: 'B', other: 'P' };
    expect(run([...resting, due]).ask).toBeNull();
    expect(run([...resting, { type: 'learnt', route }, due]).ask).toMatchObject({ to: 'B', unable: null });
  });

  test('does not hear answers to questions that it has given up', () => {
    expect(run([due, failed(1), due, failed(1)]).state.asking).toEqual({ attempt: 2, to: 'B' });
  });
});

describe('a request', () => {
  test('is decided once, answered once that is final, and its key serves no other content', () => {
    expect(treat(undefined, 'a', ALL_RULES)).toBe('DECIDE');
    expect(treat({ content: 'a', isFinal: false }, 'a', ALL_RULES)).toBe('WAIT');
    expect(treat({ content: 'a', isFinal: false }, 'b', ALL_RULES)).toBe('WAIT');
    expect(treat({ content: 'a', isFinal: true }, 'a', ALL_RULES)).toBe('ANSWER');
    expect(treat({ content: 'a', isFinal: true }, 'b', ALL_RULES)).toBe('REUSED');
  });
});
