// Writes the admin's operations with their types, and the list of them for the node: part of `npm run generate`.
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { codegen } from '@graphql-codegen/core';
import * as typedDocumentNode from '@graphql-codegen/typed-document-node';
import * as typescriptOperations from '@graphql-codegen/typescript-operations';
import { buildASTSchema, concatAST, type DocumentNode, parse, separateOperations } from 'graphql';
import { formatDocument, stringifyDocument } from 'urql';
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
// Of what introspection answers the tool writes no types of its own.
// Pages import all from here; the build puts each file with the pages that ask its operations.
writeFileSync(
  join(out, 'documents.ts'),
  `${files.map((file) => `export * from './${file}';\n`).join('')}${types}\ntype __TypeKind = string;\n`,
);

const operations = operationsOf(concatAST(documents.map(({ document }) => document)));
writeFileSync(join(out, 'operations.json'), JSON.stringify(operations, null, 1));
const ids = operations.map(({ name, id }) => `  ${name}: '${id}',\n`).join('');
writeFileSync(
  join(out, 'document-ids.ts'),
  `/** By the name of the operation. */\nexport const documentIds: Readonly<Record<string, string>> = {\n${ids}};\n`,
);

/** Every operation as the admin needs it executed: with the names of types, by which it knows what it has to ask anew. */
function operationsOf(all: DocumentNode): { name: string; id: string; document: string }[] {
  return Object.entries(separateOperations(all)).map(([name, document]) => {
    const text = stringifyDocument(formatDocument(document) as DocumentNode);
    return { name, id: `sha256:${createHash('sha256').update(text).digest('hex')}`, document: text };
  });
}
