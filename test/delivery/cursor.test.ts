import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LotbookError } from '../../api/errors.ts';
import { decodeCursor, encodeCursor } from '../../api/delivery/cursor.ts';

const epoch = fc.stringMatching(/^[A-Za-z0-9_-]{1,8}$/);
const position = fc
  .tuple(
    fc.integer({ min: 1, max: 2_147_483_647 }),
    fc.option(fc.nat()),
    fc.option(fc.integer({ min: 1, max: 999 })),
  )
  .map(([seq, done, noted]) => ({
    seq,
    backfill: done === null ? null : done % seq,
    ...(noted !== null && { noted }),
  }));

function isRefused(cursor: string): boolean {
  try {
    decodeCursor(cursor, 'own');
    return false;
  } catch (error) {
    return error instanceof LotbookError && error.code === 'CURSOR_EXPIRED';
  }
}

describe('a cursor', () => {
  it('leads back to its position', () => {
    fc.assert(
      fc.property(position, epoch, (at, under) => {
        expect(decodeCursor(encodeCursor(at, under), under)).toEqual(at);
      }),
    );
  });

  it('of another epoch has expired', () => {
    fc.assert(
      fc.property(position, epoch, epoch, (at, one, other) => {
        fc.pre(one !== other);
        expect(() => decodeCursor(encodeCursor(at, one), other)).toThrow(
          expect.objectContaining({ code: 'CURSOR_EXPIRED' }),
        );
      }),
    );
  });

  it('that is no cursor, or has a second spelling, has expired', () => {
    const spelled = (text: string) => Buffer.from(text).toString('base64url');
    const spellings = [
      '2.own.3',
      '1.own.03',
      '1.own.3.3',
      '1.own.3.',
      '1.own.9999999999',
      '1.own.3~0',
      '1.own.3~',
      '1.own.3~9999999999',
    ].map(spelled);
    const wrong = ['', 'x', '71', ...spellings, `${spelled('1.own.3')}=`];
    expect(wrong.filter((cursor) => !isRefused(cursor))).toEqual([]);
  });
});
