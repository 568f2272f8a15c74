import { existsSync, readFileSync } from 'node:fs';
import { z } from 'zod';
import { LotbookError } from '../errors.ts';
import { packagePath } from '../package-root.ts';
import { kindOf, type Caller } from '../sharing/caller.ts';
import type { GraphqlParams } from './body.ts';

/** By their ids. */
export type PersistedOperations = ReadonlyMap<string, string>;

const shape = z.array(z.strictObject({ name: z.string(), id: z.string(), document: z.string() }));

/** The operations of the admin that this node serves, as they were built with it; none where it is not built. */
export function readOperations(file = packagePath('dist', 'admin', 'operations.json')): PersistedOperations {
  if (!existsSync(file)) return new Map();
  const operations = shape.parse(JSON.parse(readFileSync(file, 'utf8')));
  return new Map(operations.map(({ id, document }) => [id, document]));
}

/**
 * The document that a call asks for: the one that it sends, or the known one with the id that it sends.
 * @param only whether people in a browser may ask for known ones alone
 * @throws LotbookError UNKNOWN_OPERATION, NOT_PERMITTED
 */
export function documentOf(
  { query, documentId }: Pick<GraphqlParams, 'query' | 'documentId'>,
  caller: Caller,
  { operations, only }: { operations: PersistedOperations; only: boolean },
): string {
  if (documentId !== null) {
    const known = operations.get(documentId);
    if (known !== undefined) return known;
    const message = 'This node knows no operation with this id.';
    throw new LotbookError('UNKNOWN_OPERATION', message, { place: 'documentId' });
  }
  if (!only || kindOf(caller) !== 'PERSON') return query;
  const message = 'A log-in of a person asks for the operations of the admin alone at this node.';
  throw new LotbookError('NOT_PERMITTED', message, { place: 'query' });
}
