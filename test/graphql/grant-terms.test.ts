import { describe, expect, it } from 'vitest';
import { termsOf } from '../../api/graphql/grant-terms.ts';

const given = { book: 'b.example/x', audience: { public: true }, fields: ['quantity', '*'] };

describe('a new grant', () => {
  it('names fields exactly, or all', () => {
    expect(termsOf(given, 0).fields).toEqual(['quantity', '*']);
  });

  it.each(['@names', 'x'.repeat(257), ''])('names no field that a change cannot commit to: %j', (field) => {
    expect(() => termsOf({ ...given, fields: [field] }, 0)).toThrow('Give an exact field name');
  });
});
