import {
  getNamedType,
  getNullableType,
  isCompositeType,
  isEnumType,
  isInputObjectType,
  isListType,
  isObjectType,
  isRequiredArgument,
  isRequiredInputField,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLOutputType,
} from 'graphql';
import type { RootType } from '../../api/graphql/access.ts';
import { readContract } from '../../api/graphql/schema.ts';

/** A document that is right but for one value. */
export interface WrongCall {
  /** `Mutation.createBook(input.title)` */
  place: string;
  document: string;
}

/** For every argument of every query and mutation, and every member of their inputs: a call in which it alone is wrong. */
export function wrongCalls(wrongFor: (type: string) => string | undefined): WrongCall[] {
  const schema = readContract();
  return [schema.getQueryType(), schema.getMutationType()].flatMap((root) =>
    Object.values(root?.getFields() ?? {}).flatMap((field) =>
      field.args.flatMap(({ name, type }) =>
        variations(type, name, wrongFor).map(({ place, literal }) => ({
          place: `${root?.name}.${field.name}(${place})`,
          document: documentOf(root?.name ?? '', field, { [name]: literal }),
        })),
      ),
    ),
  );
}

/** One operation of the contract, and a document that calls it with what it must be given. */
export interface SoundCall {
  type: RootType;
  operation: string;
  document: string;
}

/** @param named literals for arguments, and members of inputs, of these names; they are given where they need not be, too */
export function soundCalls(named: Readonly<Record<string, string>> = {}): SoundCall[] {
  const schema = readContract();
  return [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()].flatMap((root) =>
    Object.values(root?.getFields() ?? {}).map((field) => ({
      type: root?.name as RootType,
      operation: field.name,
      document: soundDocument(root?.name ?? '', field, named),
    })),
  );
}

/** Asks for all that can be answered, some levels deep. */
function soundDocument(
  root: string,
  { name, args, type }: GraphQLField<unknown, unknown>,
  named: Readonly<Record<string, string>>,
): string {
  const given = args
    .filter((arg) => isRequiredArgument(arg) || arg.name in named)
    .map((arg) => `${arg.name}: ${named[arg.name] ?? sample(arg.type, named)}`);
  const list = given.length > 0 ? `(${given.join(', ')})` : '';
  return `${root.toLowerCase()} { ${name}${list} ${everythingOf(type, 3)} }`;
}

function everythingOf(given: GraphQLOutputType, depth: number): string {
  const type = getNamedType(given);
  if (!isObjectType(type)) return '';
  const fields = Object.values(type.getFields()).filter(
    (field) =>
      (depth > 1 || !isCompositeType(getNamedType(field.type))) && !field.args.some(isRequiredArgument),
  );
  return `{ __typename ${fields.map((field) => `${field.name} ${everythingOf(field.type, depth - 1)}`).join(' ')} }`;
}

function documentOf(
  root: string,
  field: GraphQLField<unknown, unknown>,
  given: Record<string, string>,
): string {
  const literals = field.args
    .filter((arg) => arg.name in given || isRequiredArgument(arg))
    .map((arg) => `${arg.name}: ${given[arg.name] ?? sample(arg.type)}`);
  const selection = isCompositeType(getNamedType(field.type)) ? '{ __typename }' : '';
  const selected = root === 'Mutation' ? selectionOf(field) : selection;
  const args = literals.length > 0 ? `(${literals.join(', ')})` : '';
  return `${root.toLowerCase()} { ${field.name}${args} ${selected} }`;
}

/** Payloads tell their errors. */
function selectionOf({ type }: GraphQLField<unknown, unknown>): string {
  const named = getNamedType(type);
  if (!('getFields' in named)) return '';
  const fields = named.getFields();
  if ('error' in fields) return '{ error { code message } }';
  return 'requests' in fields ? '{ requests { state error { code message } } }' : '{ __typename }';
}

function variations(
  type: GraphQLInputType,
  place: string,
  wrongFor: (type: string) => string | undefined,
): { place: string; literal: string }[] {
  const nullable = getNullableType(type);
  if (isListType(nullable)) {
    return variations(nullable.ofType, `${place}[0]`, wrongFor).map((each) => ({
      ...each,
      literal: `[${each.literal}]`,
    }));
  }
  const wrong = wrongFor(String(nullable));
  const whole = wrong === undefined ? [] : [{ place, literal: wrong }];
  if (!isInputObjectType(nullable)) return whole;
  const fields = Object.values(nullable.getFields());
  const members = fields.flatMap((member) =>
    variations(member.type, `${place}.${member.name}`, wrongFor).map((each) => {
      const others = fields
        .filter((other) => other !== member && isRequiredInputField(other))
        .map((other) => `${other.name}: ${sample(other.type)}`);
      return {
        place: each.place,
        literal: `{ ${[`${member.name}: ${each.literal}`, ...others].join(', ')} }`,
      };
    }),
  );
  return [...whole, ...members];
}

const SAMPLES: Readonly<Record<string, string>> = {
  ID: '"urn:sample:1"',
  String: '"sample"',
  Int: '1',
  Boolean: 'true',
  DateTime: '"2026-07-01T00:00:00.000Z"',
  JSON: '{ note: "sample" }',
};

function sample(type: GraphQLInputType, named: Readonly<Record<string, string>> = {}): string {
  const nullable = getNullableType(type);
  if (isListType(nullable)) return `[${sample(nullable.ofType, named)}]`;
  if (isEnumType(nullable)) return nullable.getValues()[0]?.name ?? 'null';
  if (!isInputObjectType(nullable)) return SAMPLES[String(nullable)] ?? 'null';
  const given = Object.values(nullable.getFields()).filter(
    (member) => isRequiredInputField(member) || member.name in named,
  );
  const members = given.map(({ name, type: inner }) => `${name}: ${named[name] ?? sample(inner, named)}`);
  return `{ ${members.join(', ')} }`;
}
