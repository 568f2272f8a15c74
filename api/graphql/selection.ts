import { createHash } from 'node:crypto';
import {
  executeSync,
  Kind,
  print,
  visit,
  type DocumentNode,
  type FieldNode,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from 'graphql';
import { LotbookError } from '../errors.ts';
import { resultText } from './answer.ts';

/** A subscription as it was asked for, validated. */
export interface AskedSubscription {
  schema: GraphQLSchema;
  document: DocumentNode;
  operation: OperationDefinitionNode;
  /** As given; `coerced` as the contract's types. */
  variables: Record<string, unknown>;
  requestId: string;
}

/** The one field of a subscription. */
export function rootField({ selectionSet }: OperationDefinitionNode): FieldNode {
  const [field] = selectionSet.selections;
  if (field?.kind === Kind.FIELD) return field;
  throw new LotbookError('BAD_INPUT', 'Write the field of a subscription itself, not as a fragment.', {
    place: 'query',
  });
}

/**
 * Names what the answers of a subscription depend on besides the values of its source: the selection with its
 * fragments, and the variables that are used in it. The arguments of the field itself are not in it.
 */
export function selectionKey(asked: AskedSubscription): string {
  const { document, operation, variables } = asked;
  const field = rootField(operation);
  const fragments = document.definitions.filter(({ kind }) => kind === Kind.FRAGMENT_DEFINITION);
  const shape = { ...field, arguments: [] };
  const used: Record<string, unknown> = {};
  for (const node of [shape, ...fragments]) {
    visit(node, { Variable: ({ name }) => void (used[name.value] = variables[name.value] ?? null) });
  }
  const defaults = operation.variableDefinitions?.filter(({ variable }) => variable.name.value in used) ?? [];
  const text = [shape, ...defaults, ...fragments].map(print).concat(JSON.stringify(used)).join('\n');
  return createHash('sha256').update(text).digest('base64url');
}

/** Writes the answer for one value of the subscription's field: what execution gives for it, as JSON text. */
export function renderer(asked: AskedSubscription): (value: unknown) => string {
  const { schema, document, operation, variables, requestId } = asked;
  const name = rootField(operation).name.value;
  return (value) =>
    resultText(
      executeSync({
        schema,
        document,
        operationName: operation.name?.value ?? null,
        variableValues: variables,
        rootValue: { [name]: value },
      }),
      requestId,
    );
}
