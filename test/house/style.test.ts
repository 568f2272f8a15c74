import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { buildASTSchema, concatAST, parse } from 'graphql';
import { describe, expect, test } from 'vitest';
import { packagePath } from '../../api/package-root.ts';

const written = ['api', 'schema', 'prisma', 'test', 'web-admin/src'].flatMap(filesBelow);
const code = written.filter(({ path }) => /\.[cm]?tsx?$/.test(path));
const api = code.filter(({ path }) => path.startsWith('api/'));
const itself = /^test\/house\/style\.test\.ts$/;
const pure = api.filter(({ path }) => /^api\/(events|identity|ledger|sharing|authority|recall)\//.test(path));

describe('the code', () => {
  test('is there to be looked at', () => {
    expect(api.length).toBeGreaterThan(10);
    expect(pure.length).toBeGreaterThan(5);
  });

  test('is in files of at most 350 lines', () => {
    expect(api.filter(({ text }) => text.split('\n').length > 351).map(({ path }) => path)).toEqual([]);
  });

  test('reads the environment in config.ts only', () => {
    expect(found(api, /process\.env|process\[/, /^api\/config\.ts$/)).toEqual([]);
  });

  test('calls out from peers, commands and the demo only', () => {
    expect(
      found(api, /\bfetch\(|new (WebSocket|EventSource)\(/, /^api\/(peers\/|cli\.ts|cli\/|demo\/)/),
    ).toEqual([]);
  });

  test('of the pure rooms has no clock, no chance, no timer and no process', () => {
    const impure =
      /Date\.now\(|new Date\(\)|Math\.random|performance\.|set(Timeout|Interval|Immediate)\(|\bprocess\.|random(Bytes|UUID|Int)|generateKeyPair|console\./;
    expect(found(pure, impure)).toEqual([]);
  });

  test('switches no check off', () => {
    expect(found(code, /(ox|es)lint-disable|@ts-(ignore|nocheck|expect-error)/, itself)).toEqual([]);
  });

  test('and its texts name no path of one machine', () => {
    expect(found(written, /["'`\s(](\/home\/|\/root\/|\/Users\/|\/work\/)\w|C:\\/, itself)).toEqual([]);
  });
});

test('the lockfile and the package name no address to download from', () => {
  expect(readFileSync(packagePath('package-lock.json'), 'utf8')).not.toMatch(/"resolved":\s*"(https?|git)/);
});

test('the files of the contract are one valid schema', () => {
  const files = filesBelow('schema').filter(({ path }) => path.endsWith('.graphql'));
  expect(files.length).toBeGreaterThan(0);
  const schema = buildASTSchema(concatAST(files.map(({ text }) => parse(text))));
  expect(schema.getQueryType()).toBeDefined();
});

interface SourceFile {
  path: string;
  text: string;
}

function filesBelow(folder: string): SourceFile[] {
  const below = readdirSafe(folder).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.name === 'generated' || entry.name === 'node_modules') return [];
    return entry.isDirectory() ? filesBelow(path) : [{ path, text: readFileSync(packagePath(path), 'utf8') }];
  });
  return below.toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

function readdirSafe(folder: string) {
  try {
    return readdirSync(packagePath(folder), { withFileTypes: true });
  } catch {
    return []; // A folder that is not there yet holds nothing to check.
  }
}

/** "file:line" of every line that matches, comments left out. */
function found(files: SourceFile[], pattern: RegExp, except?: RegExp): string[] {
  return files
    .filter(({ path }) => !except?.test(path))
    .flatMap(({ path, text }) =>
      text.split('\n').flatMap((line, index) => {
        const isComment = /^\s*(\/\/|\/?\*)/.test(line) && !/lint-|@ts-/.test(line);
        return !isComment && pattern.test(line) ? [`${path}:${index + 1}`] : [];
      }),
    );
}
