import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runCli, type CliRun } from '../support/cli.ts';
import { makePartners, startNodeProcess, until, type NodeProcess } from '../support/nodes.ts';
import { freshDatabase, type FreshDatabase } from '../support/postgres.ts';

/* Leases are long where nobody is to be silent: nothing here depends on how fast the machine is. */

/** Each look is a process of its own. */
const PATIENCE_MS = 90_000;

let farm: NodeProcess;
let packer: NodeProcess;
let notary: NodeProcess;
const databases: FreshDatabase[] = [];

const environmentOf = ({ dir, url }: NodeProcess) => ({ LOTBOOK_DIR: dir, LOTBOOK_PORT: new URL(url).port });

function at(node: NodeProcess, ...args: string[]): CliRun['ended'] {
  return runCli(args, environmentOf(node)).ended;
}

async function shown(node: NodeProcess, book: string) {
  const { stdout } = await at(node, 'authority', 'show', book, '--json');
  return JSON.parse(stdout) as {
    holder: string;
    insync: string[];
    state: string;
    terms: { why: string; holder: string; confirmedBy: string | null }[];
  };
}

beforeAll(async () => {
  for (let i = 0; i < 3; i += 1) databases.push(await freshDatabase());
  const start = (organisation: string, at: number, books: string[]) =>
    startNodeProcess({ organisation, databaseUrl: databases[at]?.url ?? '', books });
  [farm, packer, notary] = await Promise.all([
    start('farm.example', 0, ['harvest', 'seeds']),
    start('packer.example', 1, []),
    start('notary.example', 2, []),
  ]);
  await makePartners(farm, packer);
  await makePartners(farm, notary);
});

afterAll(async () => {
  await Promise.all([farm, packer, notary].map((node) => node?.remove()));
  for (const database of databases) await database.drop();
});

describe('lotbook authority', () => {
  test('show tells how to appoint where nobody is appointed', async () => {
    const { code, stdout } = await at(farm, 'authority', 'show');
    expect(code).toBe(0);
    expect(stdout).toContain('lotbook authority appoint');
    const one = await at(farm, 'authority', 'show', 'harvest');
    expect(one).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining('farm.example/harvest'),
    });
  });

  test.each([
    [['appoint', 'harvest']],
    [['appoint', 'harvest', '--backup', 'packer.example', '--lease', '10']],
    [['appoint', 'harvest', '--backup', 'packer.example', '--mode', 'fast']],
    [['hand-over']],
  ])('called in a wrong way, as %j, ends with 2', async (args) => {
    const { code, stdout, stderr } = await at(farm, 'authority', ...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('--help');
  });

  test('appoint says what it means and waits until the backup has everything', async () => {
    const who = ['--backup', 'packer.example', '--witness', 'notary.example'];
    const { code, stdout } = await at(
      farm,
      'authority',
      'appoint',
      'harvest',
      ...who,
      '--take-over-after',
      '8s',
    );
    expect(code).toBe(0);
    const [copy, takeOver, done] = stdout.split('\n');
    expect(copy).toContain('packer.example gets a whole copy of farm.example/harvest');
    expect(takeOver).toContain('not heard for 8 s');
    expect(done).toBe('packer.example has everything.');
    expect(await shown(farm, 'harvest')).toMatchObject({
      holder: 'farm.example',
      insync: ['farm.example', 'packer.example'],
      leaseMs: 10_000,
      takeoverMs: 8_000,
    });
  });

  test('show and status tell at every node that has a part who holds the right', async () => {
    for (const node of [farm, packer, notary]) {
      for (const args of [['authority', 'show'], ['status']]) {
        const { code, stdout } = await at(node, ...args);
        expect(code).toBe(0);
        expect(stdout).toMatch(/farm\.example\/harvest +farm\.example +3 +\S+Z/);
      }
    }
  });

  test('hand-over says who holds the right now, and history tells why', async () => {
    const { code, stdout } = await at(farm, 'authority', 'hand-over', 'harvest');
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^packer\.example holds the right for farm\.example\/harvest now: term 4, after \d/,
    );
    const { stdout: history } = await at(packer, 'authority', 'show', 'farm.example/harvest', '--history');
    expect(history).toMatch(/\n2 +farm\.example +appoint /);
    expect(history).toMatch(/\n4 +packer\.example +hand-over /);
    const again = await at(farm, 'authority', 'hand-over', 'harvest');
    expect(again).toMatchObject({ code: 1, stderr: expect.stringContaining('packer.example') });
  });

  test('take-over explains the risk, and does nothing without --confirm', async () => {
    const { code, stdout, stderr } = await at(packer, 'authority', 'take-over', 'farm.example/harvest');
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('only cut off');
    expect(stderr.trim().split('\n')).toHaveLength(2);
  });

  test('take-over is refused where a witness decides', async () => {
    const refused = await at(packer, 'authority', 'take-over', 'farm.example/harvest', '--confirm');
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('notary.example') });
  });

  test('appoint does not accept a loss where nothing is lost, and leaves everything as it was', async () => {
    const before = await shown(farm, 'farm.example/harvest');
    const backup = ['--backup', 'packer.example', '--accept-loss'];
    const { code, stdout, stderr } = await at(farm, 'authority', 'appoint', 'harvest', ...backup);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain('Nothing is known to be lost');
    expect(stderr).toContain('Appoint without accepting a loss.');
    const { holder, insync, terms } = await shown(farm, 'farm.example/harvest');
    expect({ holder, insync, terms }).toEqual({
      holder: before.holder,
      insync: before.insync,
      terms: before.terms,
    });
  });
});

describe('lotbook start --restored', () => {
  test('makes a node give up the right that it held, and find out what it lacks', async () => {
    const book = 'farm.example/harvest';
    expect((await shown(packer, book)).holder).toBe('packer.example');
    await packer.stop();
    const env = {
      ...environmentOf(packer),
      DATABASE_URL: databases[1]?.url ?? '',
      LOTBOOK_OUTBOUND_NETWORKS: 'loopback',
    };
    const restored = runCli(['start', '--restored', '--with-parent'], env);
    await until(
      'it is in sync again',
      async () => {
        const { holder, insync, terms } = await shown(farm, book);
        const hasResigned = terms.some(({ why }) => why === 'RESIGN');
        return hasResigned && holder === 'farm.example' && insync.length === 2;
      },
      PATIENCE_MS,
    );
    restored.child.stdin?.end();
    const { code, stdout } = await restored.ended;
    expect(code).toBe(0);
    expect(stdout).toMatch(/"books":\["farm.example\/harvest"\].*restored/);
    await packer.restart();
  }, 120_000);
});

describe('a book without a witness', () => {
  const BOOK = 'farm.example/seeds';

  beforeAll(async () => {
    const { code, stdout } = await at(
      farm,
      'authority',
      'appoint',
      'seeds',
      '--backup',
      'packer.example',
      '--lease',
      '1s',
      '--hand-back',
      'manual',
    );
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: expect.stringContaining('take-over farm.example/seeds'),
    });
  });

  test('is taken over by the word of an operator once its primary is down', async () => {
    await farm.kill9();
    await until(
      'the silence is long enough',
      async () => {
        const { code } = await at(packer, 'authority', 'take-over', BOOK, '--confirm');
        return code === 0;
      },
      PATIENCE_MS,
    );
    const { holder, terms } = await shown(packer, BOOK);
    expect(holder).toBe('packer.example');
    expect(terms.at(-1)).toMatchObject({ why: 'TAKE_OVER', confirmedBy: 'packer.example' });
    await farm.restart();
    await until('the primary follows', async () => (await shown(farm, BOOK)).holder === 'packer.example');
  }, 120_000);
});
