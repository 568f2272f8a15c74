import {
  GraphQLError,
  Kind,
  type ASTVisitor,
  type FragmentDefinitionNode,
  type SelectionSetNode,
  type ValidationContext,
} from 'graphql';

/** How much one document may ask for. */
export const MAX_DEPTH = 15;
export const MAX_FIELDS = 500;
export const MAX_OPERATIONS_AT_ONCE = 10;
/** Tokens of a document, before anything else is looked at. */
export const MAX_TOKENS = 4_000;

interface Extent {
  depth: number;
  fields: number;
  /** Fields directly in it, fragments spread. */
  width: number;
}

const NOTHING: Extent = { depth: 0, fields: 0, width: 0 };

/** A validation rule: depth, fields with fragments spread and aliased operations are bounded; no NUL. */
export function limitsRule(context: ValidationContext): ASTVisitor {
  const known = new Map<string, Extent>();

  const ofFragment = (fragment: FragmentDefinitionNode | null | undefined): Extent => {
    if (!fragment) return NOTHING;
    const name = fragment.name.value;
    const extent = known.get(name);
    if (extent) return extent;
    // A fragment in itself is refused by another rule; here it must only end.
    known.set(name, NOTHING);
    const measured = measure(fragment.selectionSet);
    known.set(name, measured);
    return measured;
  };

  const measure = (set: SelectionSetNode): Extent => {
    let { depth, fields, width } = NOTHING;
    for (const node of set.selections) {
      if (node.kind === Kind.FIELD) {
        const inner = node.selectionSet ? measure(node.selectionSet) : NOTHING;
        depth = Math.max(depth, inner.depth + 1);
        fields += inner.fields + 1;
        width += 1;
      } else {
        const inner =
          node.kind === Kind.INLINE_FRAGMENT
            ? measure(node.selectionSet)
            : ofFragment(context.getFragment(node.name.value));
        depth = Math.max(depth, inner.depth);
        fields += inner.fields;
        width += inner.width;
      }
    }
    return { depth, fields, width };
  };

  return {
    StringValue: (node) => {
      if (!node.value.includes('\0')) return;
      context.reportError(new GraphQLError('A text holds no NUL character.', { nodes: node }));
    },
    OperationDefinition: (node) => {
      const { depth, fields, width } = measure(node.selectionSet);
      const refuse = (what: string) => context.reportError(new GraphQLError(what, { nodes: node }));
      if (depth > MAX_DEPTH) refuse(`A document nests at most ${MAX_DEPTH} levels.`);
      if (fields > MAX_FIELDS) refuse(`A document selects at most ${MAX_FIELDS} fields.`);
      if (width > MAX_OPERATIONS_AT_ONCE)
        refuse(`A document calls at most ${MAX_OPERATIONS_AT_ONCE} operations.`);
    },
  };
}
