import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  concatAST,
  type DocumentNode,
  findBreakingChanges,
  type GraphQLSchema,
  Kind,
  parse,
  print,
  stripIgnoredCharacters,
  visit,
} from 'graphql';

/** The contract as it stands in the files of this folder, one for each concept. */
export function readContract(folder: string): DocumentNode {
  const files = readdirSync(folder).filter((name) => name.endsWith('.graphql'));
  return concatAST(files.toSorted().map((name) => parse(readFileSync(join(folder, name), 'utf8'))));
}

/** A contract as short as it can be said: what a later one is compared with. */
export function withoutWords(contract: DocumentNode): string {
  const bare = visit(contract, { [Kind.STRING]: (_node, key) => (key === 'description' ? null : undefined) });
  return stripIgnoredCharacters(print(bare));
}

/** What would break a program that was written for the contract before, in words, in the order in which GraphQL finds it. */
export function breakingChanges(before: GraphQLSchema, after: GraphQLSchema): string[] {
  return findBreakingChanges(before, after).map(({ description }) => description);
}

/** Of those, the ones that the changelog does not name, each in a line of its own: `- <the change in these words>`. */
export function unannounced(changes: readonly string[], changelog: string): string[] {
  const lines = new Set(changelog.split('\n').map((line) => line.replace(/^\s*[-*]\s*/, '').trim()));
  return changes.filter((change) => !lines.has(change));
}
