import {
  getNamedType,
  getNullableType,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLObjectType,
  isCompositeType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isObjectType,
} from 'graphql';
import { readContract } from '../../../api/graphql/schema.ts';
import { between, pick, type Random } from '../kill/random.ts';

const schema = readContract();
const ROOTS = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()].filter(
  isObjectType,
);
/** What an administrator who calls it at random would end: the tokens of all other callers. */
const LEFT_OUT: ReadonlySet<string> = new Set([
  'rotateKey',
  'suspendPartner',
  'removePartner',
  'revokeClient',
]);

/** Text that tools stumble over: half pairs, marks that turn the line, NUL, what looks like something else. */
const TEXTS = [
  '',
  ' ',
  '\0',
  '\ud800',
  '\udfff\ud800',
  '\u202eabc',
  '\ufeff',
  'é'.normalize('NFD'),
  '🍅'.repeat(50),
  "'; DROP TABLE record; --",
  '%00%ff',
  '../../../../etc/passwd',
  '{{7*7}}',
  '${jndi:ldap://x}',
  '<script>',
  '__proto__',
  'constructor',
  'toString',
  'NaN',
  'null',
  '-0',
  '1e999',
  '٣',
  '9'.repeat(400),
  'x'.repeat(5_000),
  '2026-02-30T25:61:00Z',
  '0000-00-00',
  '+275760-09-13T00:00:00.001Z',
  '2026-07-01T00:00:00.000Z',
  'http://127.0.0.1:1/',
  'file:///etc/passwd',
  'urn:epc:id:sgtin:x',
  'https://id.gs1.org/01/0/10/',
];
/** What a document that is to get through may hold. */
const TAME = [
  '',
  ' ',
  'x',
  'é',
  '🍅',
  'season',
  '2026-07-01T00:00:00.000Z',
  'https://id.gs1.org/01/0/10/',
  '9'.repeat(40),
];
const NUMBERS = [
  '0',
  '-1',
  '1',
  '50',
  '1000',
  '2147483647',
  '-2147483648',
  '2147483648',
  '1e400',
  '0.1',
  '00',
  '1.',
];

/** What the fuzzer knows by name, as callers do. */
export type Known = readonly string[];

interface Making {
  random: Random;
  known: Known;
  /** By the contract, so that it comes as far as it can. */
  tame: boolean;
}

/** A document that is made by the contract, or nearly; some are then broken. */
export function randomDocument(random: Random, known: Known): string {
  const making = { random, known, tame: random() < 0.7 };
  const root = pick(random, [ROOTS[0], ROOTS[0], ...ROOTS]) as GraphQLObjectType;
  const count = random() < 0.9 ? 1 : between(random, 2, 14);
  const fields = Object.values(root.getFields()).filter(({ name }) => !LEFT_OUT.has(name));
  const calls = Array.from({ length: count }, (_, at) => {
    const name = count > 1 ? `a${at}: ` : '';
    return name + call(making, pick(random, fields), between(random, 1, 5));
  });
  const kind = root.name.toLowerCase();
  if (making.tame) return `${kind} { ${calls.join(' ')} }`;
  const fragment = random() < 0.1 ? ` fragment F on ${root.name} { ...F ${calls[0] ?? ''} }` : '';
  const text = `${kind} ${random() < 0.1 ? weird(random) : ''}{ ${calls.join(' ')} }${fragment}`;
  return random() < 0.4 ? broken(random, text) : text;
}

/** A document that is deep, wide or long beyond all measure. */
export function hugeDocument(random: Random): string {
  const size = 10 ** between(random, 1, 5);
  return pick(random, [
    () => `{ ${'books { '.repeat(size)}id${' }'.repeat(size)} }`,
    () => `{ ${Array.from({ length: size }, (_, at) => `a${at}: books { id }`).join(' ')} }`,
    () => `{ book(id: ${'['.repeat(size)}"x"${']'.repeat(size)}) { id } }`,
    () => `query(${'$a: ID '.repeat(size)}) { books { id } }`,
    () => `{ books { ${'...F '.repeat(size)} } } fragment F on Book { ...G ...G } fragment G on Book { id }`,
    () => `{ __schema { types { ${'ofType { '.repeat(size % 100)}name${' }'.repeat(size % 100)} } } }`,
    () => `{ books @skip(if: true) ${'@include(if: true) '.repeat(size)} { id } }`,
    () => `{ book(id: "${'\\u0041'.repeat(size)}") { id } } #${'x'.repeat(size)}`,
  ])();
}

/** Variables for whatever the document may ask for. */
export function randomVariables(random: Random, known: Known, depth = 3): unknown {
  const roll = random();
  if (roll < 0.3 || depth === 0) return pick(random, [...known, ...TEXTS]);
  if (roll < 0.4) return pick(random, [null, true, false, 0, -1, 2 ** 53, 0.1]);
  if (roll < 0.6)
    return Array.from({ length: between(random, 0, 4) }, () => randomVariables(random, known, depth - 1));
  const names = [
    'input',
    'book',
    'id',
    'updates',
    'changes',
    'fields',
    'content',
    '__proto__',
    'first',
    'filter',
  ];
  const members = Array.from({ length: between(random, 0, 5) }, () => pick(random, names));
  return Object.fromEntries(members.map((name) => [name, randomVariables(random, known, depth - 1)]));
}

function call(making: Making, field: GraphQLField<unknown, unknown>, depth: number): string {
  const { random, tame } = making;
  const args = field.args
    .filter(({ type }) => isNonNullType(type) || random() < 0.4)
    .filter(() => tame || random() < 0.97)
    .map((arg) => `${arg.name}: ${literal(making, arg.type, 4)}`);
  const type = getNamedType(field.type);
  const inner = isCompositeType(type) ? selection(making, type, depth) : '';
  return `${field.name}${args.length > 0 ? `(${args.join(', ')})` : ''} ${inner}`;
}

function selection(making: Making, type: ReturnType<typeof getNamedType>, depth: number): string {
  if (!isObjectType(type)) return '{ __typename }';
  const fields = Object.values(type.getFields()).filter(
    (field) => depth > 1 || !isCompositeType(getNamedType(field.type)),
  );
  const parts = fields.filter(() => making.random() < 0.6).map((field) => call(making, field, depth - 1));
  return `{ __typename ${parts.join(' ')} }`;
}

function literal(making: Making, given: GraphQLInputType, depth: number): string {
  const { random, known, tame } = making;
  if (!tame && random() < 0.06)
    return pick(random, ['null', '{}', '[]', '1', '"x"', 'true', 'NOWHERE', '$x', '[[1]]']);
  const type = getNullableType(given);
  if (isListType(type)) {
    const items = Array.from({ length: between(random, 0, 3) }, () => literal(making, type.ofType, depth));
    return `[${items.join(', ')}]`;
  }
  if (isEnumType(type)) return pick(random, type.getValues()).name;
  if (isInputObjectType(type)) {
    const members = Object.values(type.getFields()).filter(
      (member) => (tame && isNonNullType(member.type)) || (random() < 0.6 && depth > 0),
    );
    return `{ ${members.map(({ name, type: of }) => `${name}: ${literal(making, of, depth - 1)}`).join(', ')} }`;
  }
  switch (type.name) {
    case 'Int':
      return pick(random, tame ? ['0', '1', '20', '500'] : NUMBERS);
    case 'Float':
      return pick(random, tame ? ['0', '0.5', '3'] : NUMBERS);
    case 'Boolean':
      return pick(random, ['true', 'false']);
    case 'DateTime':
      return JSON.stringify(tame ? '2026-07-01T00:00:00.000Z' : pick(random, TEXTS));
    case 'JSON':
      return pick(random, ['{ note: "a" }', '{ a: { b: [1] } }', '"x"', '[]', 'null', tame ? '{}' : '1e5']);
    default:
      return JSON.stringify(random() < 0.7 ? pick(random, known) : pick(random, tame ? TAME : TEXTS));
  }
}

function weird(random: Random): string {
  return pick(random, TEXTS).slice(0, 40);
}

/** A piece is taken out, doubled or replaced. */
function broken(random: Random, text: string): string {
  const at = between(random, 0, text.length);
  const to = Math.min(text.length, at + between(random, 0, 12));
  const put = pick(random, [
    '',
    text.slice(at, to).repeat(2),
    weird(random),
    '{',
    '}',
    '"',
    '@',
    '...',
    '"""',
  ]);
  return text.slice(0, at) + put + text.slice(to);
}
