import { GraphQLError, Kind, valueFromASTUntyped, type ValueNode } from 'graphql';
import { isDateTime, toUtcMillis } from '../events/date-time.ts';

/** How a scalar of the contract goes in and out. */
export interface ScalarCodec {
  serialize(value: unknown): unknown;
  parseValue(value: unknown): unknown;
  parseLiteral(node: ValueNode, variables?: Readonly<Record<string, unknown>> | null): unknown;
}

/** RFC 3339 with a zone goes in and becomes a Date; UTC with milliseconds comes out. */
export const dateTime: ScalarCodec = {
  serialize: (value) => {
    if (value instanceof Date) return value.toISOString();
    if (typeof value === 'string' && isDateTime(value)) return toUtcMillis(value);
    throw new TypeError('a DateTime is a Date or a text with a zone');
  },
  parseValue: toDate,
  parseLiteral: (node) => toDate(node.kind === Kind.STRING ? node.value : null),
};

/** Any JSON; the numbers of variables are exact already, see body.ts. */
export const json: ScalarCodec = {
  serialize: (value) => value,
  parseValue: (value) => value,
  parseLiteral: (node, variables) => {
    if (holdsNumber(node)) {
      throw new GraphQLError('Give JSON with numbers as a variable, or the numbers as strings.', {
        nodes: node,
      });
    }
    return valueFromASTUntyped(node, variables);
  },
};

function toDate(value: unknown): Date {
  if (typeof value === 'string' && isDateTime(value)) return new Date(toUtcMillis(value));
  throw new GraphQLError('A DateTime is written with its zone, such as 2026-07-22T04:45:00Z.');
}

/** A literal is read as a floating-point number; JSON in a document would lose digits. */
function holdsNumber(node: ValueNode): boolean {
  if (node.kind === Kind.FLOAT) return true;
  if (node.kind === Kind.INT) return !Number.isSafeInteger(Number(node.value));
  if (node.kind === Kind.LIST) return node.values.some(holdsNumber);
  return node.kind === Kind.OBJECT && node.fields.some(({ value }) => holdsNumber(value));
}
