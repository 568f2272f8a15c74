import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CommandError } from '../cli/output.ts';
import { generateKey, initHome } from '../store/home.ts';
import { season, WEEKS, type SeasonData } from './season/season.ts';
import type { SeasonOrganisation } from './season/types.ts';

/** What a directory of the demo was made for: it is the same season each time that it is opened. */
interface StageFile {
  seed: number;
  /** The Monday on which the season begins. */
  start: string;
  ports: number[];
}

export interface Stage {
  dir: string;
  isNew: boolean;
  data: SeasonData;
  homes: { organisation: SeasonOrganisation; dir: string; port: number }[];
  /** Removes the directory where it was a temporary one. */
  remove(): Promise<void>;
}

export interface StageOptions {
  /** Undefined: a temporary directory. */
  dir: string | undefined;
  firstPort: number;
  seed: number | undefined;
  now: number;
}

const DAY_MS = 86_400_000;
const HOST = '127.0.0.1';
const DEFAULT_SEED = 1;

/**
 * The directories of the five nodes, made or found again, each with its key, its organisation and its port.
 *
 * @throws CommandError where the directory holds something else, or a port of a demo that was made before is taken
 */
export async function openStage({ dir: given, firstPort, seed, now }: StageOptions): Promise<Stage> {
  const dir = given ?? (await mkdtemp(join(tmpdir(), 'lotbook-demo-')));
  const file = join(dir, 'demo.json');
  const isNew = !existsSync(file);
  if (isNew) await mkdir(dir, { recursive: true, mode: 0o711 });
  const stage = isNew
    ? { seed: seed ?? DEFAULT_SEED, start: '', ports: await freePorts(firstPort, 5) }
    : await reopen(file, seed);
  const { data, start } = isNew
    ? seasonBefore(stage.seed, now)
    : { data: season(stage.seed, stage.start), start: stage.start };
  const homes = data.organisations.map((organisation, index) => ({
    organisation,
    dir: join(dir, organisation.id.split('.')[0] as string),
    port: stage.ports[index] as number,
  }));
  for (const { organisation, dir: home, port } of homes) {
    if (existsSync(join(home, 'organisation.json'))) continue;
    const { id, name, gln } = organisation;
    await initHome({ dir: home, organisation: id, name, gln, url: `http://${HOST}:${port}`, generateKey });
  }
  if (isNew) await writeFile(file, `${JSON.stringify({ ...stage, start }, null, 2)}\n`);
  return {
    dir,
    isNew,
    data,
    homes,
    remove: async () => {
      if (given === undefined) await rm(dir, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

async function reopen(file: string, seed: number | undefined): Promise<StageFile> {
  const stage = JSON.parse(await readFile(file, 'utf8')) as StageFile;
  if (seed !== undefined && seed !== stage.seed) {
    throw new CommandError(
      `${file} is of a demo with the seed ${stage.seed}.`,
      'Leave --seed out to go on with it, or choose another directory with --dir.',
    );
  }
  for (const port of stage.ports) {
    if (await isFree(port)) continue;
    throw new CommandError(
      `The port ${port} of this demo is taken: it may be running already.`,
      'Stop what uses the port, or make another demo with --dir.',
    );
  }
  return stage;
}

/** The latest season that is over: nothing of it is in the future. */
function seasonBefore(seed: number, now: number): { data: SeasonData; start: string } {
  const sinceMonday = (new Date(now).getUTCDay() + 6) % 7;
  for (let weeks = WEEKS; ; weeks += 1) {
    const start = new Date(now - (sinceMonday + weeks * 7) * DAY_MS).toISOString().slice(0, 10);
    const data = season(seed, start);
    if (data.entries.every(({ instant }) => instant + 2 * DAY_MS < now)) return { data, start };
  }
}

async function freePorts(first: number, count: number): Promise<number[]> {
  const ports: number[] = [];
  for (let port = first; ports.length < count; port += 1) {
    if (port > 65_535) {
      throw new CommandError('There are too few free ports.', 'Choose a lower first port with --port.');
    }
    if (await isFree(port)) ports.push(port);
  }
  return ports;
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, HOST, () => server.close(() => resolve(true)));
  });
}
