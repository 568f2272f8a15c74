// Writes the types of the admin's operations from the contract: part of `npm run generate`.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { codegen } from '@graphql-codegen/core';
import * as typedDocumentNode from '@graphql-codegen/typed-document-node';
import * as typescriptOperations from '@graphql-codegen/typescript-operations';
import { buildASTSchema, parse } from 'graphql';
import { readContract } from '../schema/contract.ts';

const folder = join(import.meta.dirname, 'src/operations');
const out = join(folder, 'generated');
const schema = readContract(join(import.meta.dirname, '../schema'));
const documents = readdirSync(folder)
  .filter((name) => name.endsWith('.graphql'))
  .toSorted()
  .map((name) => ({ location: name, document: parse(readFileSync(join(folder, name), 'utf8')) }));

const config = {
  scalars: { ID: 'string', DateTime: 'string', JSON: 'unknown' },
  strictScalars: true,
  useTypeImports: true,
  enumsAsTypes: true,
};
const schemaAst = buildASTSchema(schema);

const types = await codegen({
  filename: join(out, 'documents.ts'),
  schema,
  schemaAst,
  documents,
  plugins: [{ typescriptOperations: {} }],
  pluginMap: { typescriptOperations },
  config,
});

mkdirSync(out, { recursive: true });
const files: string[] = [];
for (const each of documents) {
  const file = each.location.replace(/graphql$/, 'ts');
  const code = await codegen({
    filename: join(out, file),
    schema,
    schemaAst,
    documents: [each],
    plugins: [{ typedDocumentNode: {} }],
    pluginMap: { typedDocumentNode },
    config: { ...config, importOperationTypesFrom: 'Types' },
  });
  writeFileSync(join(out, file), `import type * as Types from './documents.ts';\n${code}`);
  files.push(file);
}
// Pages import all from here; the build puts each file with the pages that ask its operations.
writeFileSync(
  join(out, 'documents.ts'),
  `${files.map((file) => `export * from './${file}';\n`).join('')}${types}`,
);
