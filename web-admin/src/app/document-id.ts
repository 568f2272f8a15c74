import type { DocumentNode } from 'graphql';
import { documentIds } from '../operations/generated/document-ids.ts';

/**
 * The id of an operation of the admin (GraphQL over HTTP, appendix "Persisted Documents"). Null while one works on the admin: the
 * node then serves another one than that which asks.
 */
export function documentIdOf({ definitions }: DocumentNode): string | null {
  if (import.meta.env.DEV) return null;
  const operation = definitions.find((each) => each.kind === 'OperationDefinition');
  return documentIds[operation?.name?.value ?? ''] ?? null;
}
