// Writes the types of the admin's operations from the contract: part of `npm run generate`.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { codegen } from '@graphql-codegen/core';
import * as typedDocumentNode from '@graphql-codegen/typed-document-node';
import * as typescriptOperations from '@graphql-codegen/typescript-operations';
import { buildASTSchema, parse } from 'graphql';
import { readContract } from '../schema/contract.ts';

const folder = join(import.meta.dirname, 'src/operations');
const out = join(folder, 'generated/documents.ts');
const schema = readContract(join(import.meta.dirname, '../schema'));
const documents = readdirSync(folder)
  .filter((name) => name.endsWith('.graphql'))
  .toSorted()
  .map((name) => ({ location: name, document: parse(readFileSync(join(folder, name), 'utf8')) }));

const code = await codegen({
  filename: out,
  schema,
  schemaAst: buildASTSchema(schema),
  documents,
  plugins: [{ typescriptOperations: {} }, { typedDocumentNode: {} }],
  pluginMap: { typescriptOperations, typedDocumentNode },
  config: {
    scalars: { ID: 'string', DateTime: 'string', JSON: 'unknown' },
    strictScalars: true,
    useTypeImports: true,
    enumsAsTypes: true,
  },
});
mkdirSync(dirname(out), { recursive: true });
writeFileSync(out, code);
