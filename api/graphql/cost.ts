import {
  type DocumentNode,
  type FieldNode,
  type GraphQLObjectType,
  type GraphQLSchema,
  getArgumentValues,
  getNamedType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';
import { LotbookError } from '../errors.ts';

/** The most that one call may cost. */
export const MAX_COST = 100_000;

/** What a call costs, as `extensions.cost` of its answer tells. */
export interface Cost {
  /** Fields that may be answered: those below a page as often as the page may have entries. */
  requested: number;
  limit: number;
}

/** Arguments that say how many entries are asked for; what is below the field counts so many times. */
const SIZES = ['first', 'last'] as const;

/**
 * What a validated document asks for, before anything is executed. A list without a size counts once: it is as long as what is
 * there, which nobody can ask to be more.
 * @throws LotbookError BAD_INPUT past `MAX_COST`
 */
export function costOf(input: {
  schema: GraphQLSchema;
  document: DocumentNode;
  operation: OperationDefinitionNode;
  variables: Record<string, unknown>;
}): Cost {
  const { schema, document, operation, variables } = input;
  const fragments = new Map(
    document.definitions.flatMap((each) =>
      each.kind === Kind.FRAGMENT_DEFINITION ? [[each.name.value, each]] : [],
    ),
  );
  const ofFields = (set: SelectionSetNode, type: GraphQLObjectType | null): number => {
    let sum = 0;
    for (const node of set.selections) {
      if (node.kind === Kind.FIELD) sum += ofField(node, type);
      else {
        const spread = node.kind === Kind.INLINE_FRAGMENT ? node : fragments.get(node.name.value);
        // The contract has no interfaces: a fragment is on the type itself.
        if (spread) sum += ofFields(spread.selectionSet, type);
      }
    }
    return sum;
  };
  const ofField = (node: FieldNode, parent: GraphQLObjectType | null): number => {
    if (!node.selectionSet) return 1;
    const field = parent?.getFields()[node.name.value];
    const type = field ? getNamedType(field.type) : null;
    return (
      1 + (field ? sizeOf(field, node) : 1) * ofFields(node.selectionSet, isObjectType(type) ? type : null)
    );
  };
  const sizeOf = (field: Parameters<typeof getArgumentValues>[0], node: FieldNode): number => {
    if (!field.args.some(({ name }) => isSize(name))) return 1;
    const args = argumentsOf(field, node, variables);
    return Math.max(1, ...SIZES.map((name) => Number(args[name] ?? 1) || 1));
  };
  const requested = ofFields(operation.selectionSet, schema.getRootType(operation.operation) ?? null);
  if (requested <= MAX_COST) return { requested, limit: MAX_COST };
  throw new LotbookError(
    'BAD_INPUT',
    `This call could answer ${requested} fields, and ${MAX_COST} are the most: ask for less at a time.`,
    { place: 'query' },
  );
}

function isSize(name: string): boolean {
  return (SIZES as readonly string[]).includes(name);
}

/** What is wrong with an argument, execution says. */
function argumentsOf(
  field: Parameters<typeof getArgumentValues>[0],
  node: FieldNode,
  variables: Record<string, unknown>,
): Record<string, unknown> {
  try {
    return getArgumentValues(field, node, variables);
  } catch {
    return {};
  }
}
