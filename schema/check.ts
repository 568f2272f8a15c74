// `npm run schema:check`, `npm run schema:write`: the reference is of the contract, and what breaks programs is announced.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildASTSchema, buildSchema } from 'graphql';
import { format, resolveConfig } from 'prettier';
import { breakingChanges, readContract, unannounced, withoutWords } from './contract.ts';
import { referenceOf } from './reference.ts';

const folder = import.meta.dirname;
const reference = join(folder, 'REFERENCE.md');
/** The contract of the last release without its words, as `npm run schema:write -- --release` left it. */
const released = join(folder, 'released.sdl.txt');
const isWriting = process.argv.includes('--write');

const contract = readContract(folder);
const schema = buildASTSchema(contract);
const options = { ...(await resolveConfig(reference)), filepath: reference };
const text = await format(referenceOf(schema), options);
if (process.argv.includes('--release'))
  writeFileSync(
    released,
    `${withoutWords(contract)}
`,
  );
if (isWriting) writeFileSync(reference, text);

const problems: string[] = [];
if (!existsSync(reference) || readFileSync(reference, 'utf8') !== text)
  problems.push('schema/REFERENCE.md is not of this contract: npm run schema:write');
const before = buildSchema(readFileSync(released, 'utf8'));
const breaks = breakingChanges(before, schema);
for (const change of unannounced(breaks, readFileSync(join(folder, 'CHANGELOG.md'), 'utf8')))
  problems.push(`breaks programs and is not in schema/CHANGELOG.md: ${change}`);
for (const problem of problems) console.log(problem);
process.exitCode = problems.length > 0 ? 1 : 0;
