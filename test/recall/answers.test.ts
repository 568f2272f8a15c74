import { describe, expect, test } from 'vitest';
import { Answers } from '../../api/recall/answers.ts';
import type { TraceEnd } from '../../api/recall/trace.ts';

const LOT = 'https://id.gs1.org/01/09521234543213/10/a';
const asked = { thing: LOT, direction: 'BACK' } as const;
const end: TraceEnd = {
  ...asked,
  depth: 0,
  reason: 'NO_RECORD',
  organisation: null,
  fields: [],
  ask: [],
  event: null,
  since: null,
};

const explained = (tell: (answers: Answers) => void, of: TraceEnd = end) => {
  const answers = new Answers();
  tell(answers);
  return answers
    .explain(of)
    .map(({ reason, organisation, since }) => [reason, organisation, ...(since === null ? [] : [since])]);
};

describe('an open end is', () => {
  test('what it was, where nobody was asked', () => {
    expect(explained(() => undefined)).toEqual([['NO_RECORD', null]]);
  });

  test('withheld by who says so, or does not take the inquiry', () => {
    expect(explained((answers) => answers.silence('b', 'WITHHELD', [asked]))).toEqual([['WITHHELD', 'b']]);
    const refuse = (answers: Answers) => {
      answers.ask('b', [asked]);
      answers.refuse('b');
    };
    expect(explained(refuse)).toEqual([['WITHHELD', 'b']]);
  });

  test('no record of who says so; by another way it had less to say', () => {
    const tell = (answers: Answers) => {
      answers.silence('b', 'NO_RECORD', [asked]);
      answers.silence('b', 'WITHHELD', [asked]);
    };
    expect(explained(tell)).toEqual([['NO_RECORD', 'b']]);
  });

  test('unreachable since its node does not answer, unless it did by another way', () => {
    const away = (answers: Answers) => {
      answers.ask('b', [asked]);
      answers.miss('b', 7);
    };
    expect(explained(away)).toEqual([['UNREACHABLE', 'b', 7]]);
    const back = (answers: Answers) => {
      away(answers);
      answers.answer('b');
    };
    expect(explained(back)).toEqual([['NO_RECORD', null]]);
  });

  test('each of these for each who was asked', () => {
    const tell = (answers: Answers) => {
      answers.silence('b', 'WITHHELD', [asked]);
      answers.ask('c', [asked]);
      answers.miss('c', 7);
    };
    expect(explained(tell)).toEqual([
      ['WITHHELD', 'b'],
      ['UNREACHABLE', 'c', 7],
    ]);
  });

  test("the chain's own, whatever those say who show nothing", () => {
    const origin: TraceEnd = { ...end, reason: 'ORIGIN' };
    expect(explained((answers) => answers.silence('b', 'WITHHELD', [asked]), origin)).toEqual([
      ['ORIGIN', null],
    ]);
  });
});
