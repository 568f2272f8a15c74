import {
  astFromValue,
  type GraphQLArgument,
  type GraphQLEnumType,
  type GraphQLField,
  type GraphQLInputField,
  type GraphQLInputObjectType,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLSchema,
  isEnumType,
  isInputObjectType,
  isObjectType,
  isScalarType,
  isSpecifiedScalarType,
  isUnionType,
  print,
} from 'graphql';
import { access, admittedTo, type RootType } from '../api/graphql/access.ts';

const HEAD = `# Reference

Made from the \`*.graphql\` files beside this one by \`npm run schema:write\`. What tokens, grants and feeds mean is in
[PROTOCOL.md](PROTOCOL.md). Who may call an operation is one line of the table in \`api/graphql/access.ts\`, shown here with
each; an operation without a line is refused to everybody.
`;

/** The whole contract as one page: operations first, then what they take and give, each in the order of the alphabet. */
export function referenceOf(schema: GraphQLSchema): string {
  const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
  const named = Object.values(schema.getTypeMap())
    .filter((type) => !type.name.startsWith('__') && !isSpecifiedScalarType(type))
    .filter((type) => !(roots as readonly unknown[]).includes(type))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const operations = ['Queries', 'Mutations', 'Subscriptions'].flatMap((title, index) => {
    const root = roots[index];
    return root
      ? [`## ${title}`, ...fieldsOf(root).map((field) => operation(root.name as RootType, field))]
      : [];
  });
  return (
    [HEAD, ...operations, '## Types', ...named.map(typeText)].join('\n\n').replace(/\n{3,}/g, '\n\n') + '\n'
  );
}

function fieldsOf(type: GraphQLObjectType): GraphQLField<unknown, unknown>[] {
  return Object.values(type.getFields()).toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

function operation(
  root: RootType,
  { name, args, type, description, deprecationReason }: GraphQLField<unknown, unknown>,
): string {
  const admission = access[root][name];
  const given = args.map((arg) => `${arg.name}: ${String(arg.type)}${defaultOf(arg)}`).join(', ');
  const about = args.filter((arg) => arg.description);
  return [
    `### ${name}`,
    `\`${name}${given ? `(${given})` : ''}: ${String(type)}\``,
    textOf(description),
    `*Who may call it: ${admission ? admittedTo(admission) : 'nobody'}.*`,
    ...(deprecationReason ? [`**Deprecated:** ${deprecationReason}`] : []),
    about.map((arg) => `- \`${arg.name}\`: ${oneLine(arg.description)}`).join('\n'),
  ].join('\n\n');
}

function typeText(type: GraphQLNamedType): string {
  const title = `### ${type.name}`;
  const about = textOf(type.description);
  if (isScalarType(type)) return [title, about].join('\n\n');
  if (isEnumType(type)) return [title, about, valuesOf(type)].join('\n\n');
  if (isUnionType(type)) {
    const types = type.getTypes().map(({ name }) => `\`${name}\``);
    return [title, about, `One of ${types.join(', ')}.`].join('\n\n');
  }
  if (isInputObjectType(type)) return [title, about, inputsOf(type)].join('\n\n');
  if (isObjectType(type)) return [title, about, table(fieldsOf(type).map(fieldRow))].join('\n\n');
  return [title, about].join('\n\n');
}

function valuesOf(type: GraphQLEnumType): string {
  return type
    .getValues()
    .map(({ name, description }) => `- \`${name}\`${description ? `: ${oneLine(description)}` : ''}`)
    .join('\n');
}

function inputsOf(type: GraphQLInputObjectType): string {
  const rows = Object.values(type.getFields()).map((field) => [
    `\`${field.name}\``,
    `\`${String(field.type)}${defaultOf(field)}\``,
    oneLine(field.description),
  ]);
  return table(rows);
}

function fieldRow({ name, args, type, description }: GraphQLField<unknown, unknown>): string[] {
  const given = args.map((arg) => `${arg.name}: ${String(arg.type)}${defaultOf(arg)}`).join(', ');
  return [`\`${name}${given ? `(${given})` : ''}\``, `\`${String(type)}\``, oneLine(description)];
}

function table(rows: readonly string[][]): string {
  const lines = rows.map((cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`);
  return ['| field | type | what it is |', '| --- | --- | --- |', ...lines].join('\n');
}

function defaultOf({ defaultValue, type }: GraphQLArgument | GraphQLInputField): string {
  const node = defaultValue === undefined ? null : astFromValue(defaultValue, type);
  return node ? ` = ${print(node)}` : '';
}

function textOf(description: string | null | undefined): string {
  return description?.trim() ?? '';
}

function oneLine(description: string | null | undefined): string {
  return textOf(description).replace(/\s+/g, ' ');
}
