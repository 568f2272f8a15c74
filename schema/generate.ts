// Writes the resolvers' types from the contract: `npm run generate`.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { codegen } from '@graphql-codegen/core';
import * as typescript from '@graphql-codegen/typescript';
import * as resolvers from '@graphql-codegen/typescript-resolvers';
import { buildASTSchema } from 'graphql';
import { readContract } from './contract.ts';

/** The type that a resolver hands on for a GraphQL type, where it is not that type itself: `Book: '../books.ts#BookRow'`. */
const mappers: Record<string, string> = {
  Book: '../../delivery/reading.ts#BookView',
  Change: '../../delivery/changes.ts#ChangeView',
  Grant: '../grant-in-book.ts#GrantInBook',
  Lock: '../lock-in-book.ts#LockInBook',
  Record: '../../delivery/records.ts#RecordView',
  UpdateRequest: '../../approval/update.ts#RequestView',
  Webhook: '../../store/webhooks.ts#StoredWebhook',
};

/** Paths are seen from the written file. A scalar that is not here fails the run. */
const scalars = { ID: 'string', DateTime: { input: 'Date', output: 'Date | string' }, JSON: 'unknown' };

/** The contract's `Record` would hide TypeScript's own, which the written file uses. */
const typeName = (name: string): string =>
  name === 'Record' ? 'RecordEntry' : name.charAt(0).toUpperCase() + name.slice(1);

const [
  folder = import.meta.dirname,
  out = join(import.meta.dirname, '../api/graphql/generated/resolvers.ts'),
] = process.argv.slice(2);
const schema = readContract(folder);

const code = await codegen({
  filename: out,
  schema,
  schemaAst: buildASTSchema(schema),
  documents: [],
  plugins: [{ typescript: {} }, { resolvers: {} }],
  pluginMap: { typescript, resolvers },
  config: {
    contextType: '../context.ts#GraphQLContext',
    mappers,
    scalars,
    strictScalars: true,
    namingConvention: typeName,
    useTypeImports: true,
    enumsAsTypes: true,
    emitLegacyCommonJSImports: false,
    importExtension: '.ts',
    maybeValue: 'T | null | undefined',
    inputMaybeValue: 'T | null | undefined',
  },
});
mkdirSync(dirname(out), { recursive: true });
writeFileSync(out, code);
