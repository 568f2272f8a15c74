import { readdirSync, readFileSync } from 'node:fs';
import {
  assertValidSchema,
  buildASTSchema,
  concatAST,
  defaultFieldResolver,
  GraphQLObjectType,
  GraphQLScalarType,
  parse,
  type GraphQLFieldResolver,
  type GraphQLSchema,
} from 'graphql';
import { packagePath } from '../package-root.ts';
import { accessLog } from './access-log.ts';
import { checkAccess, type RootType } from './access.ts';
import { authority } from './authority.ts';
import { book } from './book.ts';
import { cases } from './case.ts';
import { emergency } from './emergency.ts';
import { checkpoint } from './checkpoint.ts';
import type { GraphQLContext } from './context.ts';
import { edit } from './edit.ts';
import { auditExport } from './export.ts';
import { feed } from './feed.ts';
import { file } from './file.ts';
import type { Resolvers } from './generated/resolvers.ts';
import { grant } from './grant.ts';
import { inquiry } from './inquiry.ts';
import { keys } from './keys.ts';
import { label } from './label.ts';
import { lock } from './lock.ts';
import { nodeResolvers as node } from './node.ts';
import { noted } from './noted.ts';
import { partnerResolvers as partner } from './partner.ts';
import { person } from './person.ts';
import { recall } from './recall.ts';
import { record } from './record.ts';
import { request } from './request.ts';
import { retention } from './retention.ts';
import { dateTime, json } from './scalars.ts';
import { sharing } from './sharing.ts';
import { token } from './token.ts';
import { webhook } from './webhook.ts';

/** One for each file of the contract. */
const CONCEPTS: readonly Resolvers[] = [
  accessLog,
  auditExport,
  authority,
  book,
  cases,
  emergency,
  checkpoint,
  edit,
  feed,
  file,
  grant,
  inquiry,
  keys,
  label,
  lock,
  node,
  partner,
  person,
  recall,
  record,
  request,
  retention,
  sharing,
  token,
  webhook,
];

type Resolver = GraphQLFieldResolver<unknown, GraphQLContext>;

/**
 * The contract in schema/ with its resolvers, each root field behind the table of access.
 * @throws Error at start where a resolver names what the contract has not
 */
export function executableSchema(schema = readContract()): GraphQLSchema {
  for (const concept of CONCEPTS) addResolvers(schema, concept);
  Object.assign(scalar(schema, 'DateTime'), dateTime);
  Object.assign(scalar(schema, 'JSON'), json);
  for (const type of ['Query', 'Mutation'] as const) guard(schema, type);
  assertValidSchema(schema);
  return schema;
}

/** The contract alone, from schema/*.graphql of this package. */
export function readContract(): GraphQLSchema {
  const folder = packagePath('schema');
  const files = readdirSync(folder).filter((name) => name.endsWith('.graphql'));
  return buildASTSchema(
    concatAST(files.toSorted().map((name) => parse(readFileSync(`${folder}/${name}`, 'utf8')))),
  );
}

function addResolvers(schema: GraphQLSchema, resolvers: Resolvers): void {
  for (const [typeName, fields] of Object.entries(resolvers)) {
    for (const [fieldName, resolve] of Object.entries(fields as Record<string, Resolver>)) {
      fieldOf(schema, typeName, fieldName).resolve = resolve;
    }
  }
}

/**
 * Deny by default: no field is reached past the table, also one that it has not. A subscription is admitted once, when it
 * begins (subscriptions.ts); then each value is written from what its source gives.
 */
function guard(schema: GraphQLSchema, type: Exclude<RootType, 'Subscription'>): void {
  for (const field of Object.values(objectType(schema, type).getFields())) {
    const { name, resolve = defaultFieldResolver } = field;
    field.resolve = (source, args, context: GraphQLContext, info) => {
      const given = args as Record<string, unknown>;
      return noted(context, type, { action: name, args: given }, () => {
        checkAccess(context.caller, type, name, given);
        return resolve(source, args, context, info) as unknown;
      });
    };
  }
}

function fieldOf(schema: GraphQLSchema, typeName: string, fieldName: string) {
  const field = objectType(schema, typeName).getFields()[fieldName];
  if (!field) throw new Error(`the contract has no ${typeName}.${fieldName}`);
  return field;
}

function objectType(schema: GraphQLSchema, name: string): GraphQLObjectType {
  const type = schema.getType(name);
  if (type instanceof GraphQLObjectType) return type;
  throw new Error(`the contract has no object type ${name}`);
}

function scalar(schema: GraphQLSchema, name: string): GraphQLScalarType {
  const type = schema.getType(name);
  if (type instanceof GraphQLScalarType) return type;
  throw new Error(`the contract has no scalar ${name}`);
}
