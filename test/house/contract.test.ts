import { buildSchema } from 'graphql';
import { expect, test } from 'vitest';
import { breakingChanges, unannounced } from '../../schema/contract.ts';
import { referenceOf } from '../../schema/reference.ts';

const before = buildSchema('type Query { lots(first: Int): [String!]! "Its weight." weight: String! }');
const after = buildSchema('type Query { lots(first: Int!): [String!]! }');

test('a change that breaks programs is found, and one that the changelog names is announced', () => {
  const changes = breakingChanges(before, after);
  expect(changes).toEqual([
    'Query.weight was removed.',
    'Query.lots arg first has changed type from Int to Int!.',
  ]);
  expect(unannounced(changes, '## Next\n\n- Query.weight was removed.\n')).toEqual([changes[1]]);
  expect(
    breakingChanges(after, buildSchema('type Query { lots(first: Int!, last: Int): [String!]! }')),
  ).toEqual([]);
});

test('the reference says of every operation what it takes, gives and means', () => {
  expect(referenceOf(before)).toContain('### weight\n\n`weight: String!`\n\nIts weight.');
  expect(referenceOf(before)).toContain('`lots(first: Int): [String!]!`');
});
