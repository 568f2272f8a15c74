import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { packagePath } from '../../api/package-root.ts';

interface Cruise {
  summary: { totalCruised: number; violations: { from: string; to: string; rule: { name: string } }[] };
}

const root = packagePath();

describe('imports between the rooms', () => {
  test('run one way', async () => {
    const { summary } = await cruise(root);
    expect(summary.violations.map(({ from, to, rule }) => `${from} -> ${to}: ${rule.name}`)).toEqual([]);
    expect(summary.totalCruised).toBeGreaterThan(10);
  });
});

/** [planted file, what it imports, the rule that must catch it] */
const planted = [
  ['api/events/up.ts', `import '../store/rows.ts'`, 'events-imports-only-what-is-below'],
  [
    'api/events/type.ts',
    `import type { Row } from '../ledger/proof.ts'; export type R = Row`,
    'events-imports-only-what-is-below',
  ],
  ['api/ledger/proof.ts', `import '../sharing/grants.ts'`, 'ledger-imports-only-what-is-below'],
  ['api/sharing/grants.ts', `import '../recall/trace.ts'`, 'sharing-imports-only-what-is-below'],
  ['api/approval/sideways.ts', `import '../delivery/feed.ts'`, 'approval-imports-only-what-is-below'],
  ['api/store/rows.ts', `import '../peers/call.ts'`, 'store-imports-only-what-is-below'],
  ['api/graphql/above.ts', `import '../context.ts'`, 'graphql-imports-only-what-is-below'],
  ['api/books/lost.ts', `import '../helpers/lost.ts'`, 'every-file-is-in-a-room'],
  ['api/config.ts', `import './events/up.ts'`, 'shared-imports-no-room'],
  ['api/recall/file.ts', `import 'node:fs'`, 'pure-rooms-do-no-input-or-output'],
  [
    'api/identity/late.ts',
    `export const late = () => import('node:child_process')`,
    'pure-rooms-do-no-input-or-output',
  ],
  ['api/authority/app.ts', `import 'express'`, 'pure-rooms-import-pure-packages'],
  ['api/events/root.ts', `import '../package-root.ts'`, 'pure-rooms-read-no-files'],
  ['api/http/sql.ts', `import 'pg'`, 'only-store-knows-the-database'],
  ['api/graphql/prisma.ts', `import '@prisma/client'`, 'only-store-knows-the-database'],
  ['api/approval/model.ts', `import '../store/generated/client.ts'`, 'only-store-knows-the-database'],
  ['api/delivery/out.ts', `import 'node:https'`, 'only-peers-calls-out'],
  ['api/delivery/stream.ts', `import 'graphql-sse'`, 'only-peers-calls-out'],
  ['api/books/serve.ts', `import 'node:http'`, 'only-servers-and-peers-open-sockets'],
  ['api/approval/raw.ts', `import 'node:net'`, 'only-store-and-peers-open-raw-sockets'],
  ['api/http/spawn.ts', `import 'node:child_process'`, 'only-store-starts-processes'],
  ['api/http/test.ts', `import '../../test/support.ts'`, 'api-stands-alone'],
  ['api/http/dev.ts', `import 'vitest'`, 'api-imports-no-development-package'],
  ['web-admin/src/page.ts', `import '../../api/errors.ts'`, 'web-admin-knows-only-the-contract'],
  ['api/exports/a.ts', `import './b.ts'`, 'no-circles'],
  ['api/exports/gone.ts', `import './nowhere.ts'`, 'every-import-is-found'],
] as const;

/** Files that the planted ones reach, which break no rule themselves. */
const bystanders = [
  ['api/exports/b.ts', `import './a.ts'`],
  ...[
    'api/recall/trace.ts',
    'api/delivery/feed.ts',
    'api/peers/call.ts',
    'api/context.ts',
    'api/helpers/lost.ts',
  ].map(empty),
  ...['api/errors.ts', 'api/package-root.ts', 'api/store/generated/client.ts', 'test/support.ts'].map(empty),
  ['api/approval/good.ts', `import '../store/generous.ts'; import '../errors.ts'; import 'node:crypto'`],
  ['api/store/generous.ts', `import 'pg'; import './generated/client.ts'; import '../events/good.ts'`],
  ['api/events/good.ts', `import 'zod'; import '../errors.ts'`],
  ['api/demo/good.ts', `import '../context.ts'; import '../http/sql.ts'`],
] as const;

describe('a forbidden import is caught', () => {
  let tree: string;
  let broken: string[];

  beforeAll(async () => {
    tree = await mkdtemp(join(tmpdir(), 'lotbook-planted-'));
    for (const [path, code] of [...planted, ...bystanders]) {
      await mkdir(join(tree, dirname(path)), { recursive: true });
      await writeFile(join(tree, path), `${code};\n`);
    }
    await cp(join(root, 'package.json'), join(tree, 'package.json'));
    await symlink(join(root, 'node_modules'), join(tree, 'node_modules'));
    const { summary } = await cruise(tree);
    broken = summary.violations.map(({ from, rule }) => `${rule.name}: ${from}`);
  });
  afterAll(() => rm(tree, { recursive: true }));

  test.each(planted)('%s with %s breaks %s', (path, _code, rule) => {
    expect(broken).toContain(`${rule}: ${path}`);
  });

  test('and what is allowed is not', () => {
    expect(broken.filter((line) => /good|generous/.test(line))).toEqual([]);
  });
});

function empty(path: string): [string, string] {
  return [path, 'export {}'];
}

async function cruise(dir: string): Promise<Cruise> {
  const tool = packagePath('node_modules/dependency-cruiser/bin/dependency-cruise.mjs');
  const args = [tool, '--config', packagePath('.dependency-cruiser.cjs'), '--output-type', 'json', 'api'];
  if (dir !== root) args.push('web-admin');
  return new Promise((resolve, reject) => {
    // The tool's exit code counts what it found: only an answer that is no report is a failure here.
    execFile(process.execPath, args, { cwd: dir, maxBuffer: 1024 ** 3 }, (error, stdout, stderr) => {
      try {
        resolve(JSON.parse(stdout));
      } catch {
        reject(new Error(stderr, { cause: error }));
      }
    });
  });
}
