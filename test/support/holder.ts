import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { runScript } from './process.ts';
import type { Script } from './process.ts';

export interface HolderProcess extends Script {
  /** of the superuser */
  url: string;
}

/** Says "open <url>" once it holds the directory, "refused <code>: <message>" if it may not, "interrupted" after SIGINT. */
const HOLD = `
  import pg from 'pg';
  import { openEmbedded } from './api/store/embedded.ts';
  const silent = { info() {}, warn() {} };
  try {
    const database = await openEmbedded({ dir: process.env.DIR, log: silent });
    process.on('SIGINT', async () => {
      const client = new pg.Client({ connectionString: database.url });
      await client.connect();
      await client.query('SELECT 1');
      await client.end();
      console.log('interrupted');
      await database.stop();
    });
    database.failed.then((error) => console.log('failed ' + error.code));
    console.log('open ' + database.adminUrl);
  } catch (error) {
    console.log('refused ' + error.code + ': ' + error.message);
  }
`;

/** Starts a process that opens the embedded database in `dir`, without waiting for what comes of it. */
export function startHolder(dir: string): Script {
  return runScript(HOLD, { DIR: dir });
}

export async function hold(dir: string): Promise<HolderProcess> {
  const script = startHolder(dir);
  return { ...script, url: await script.line('open ') };
}

/** Ends a process as a power cut would, and waits until it is gone. */
export async function killHard(script: Script): Promise<void> {
  script.child.kill('SIGKILL');
  await script.ended;
}

/** The process of the server, from its own file. */
export function postmasterPid(dir: string): number {
  return Number(readFileSync(join(dir, 'pg', 'postmaster.pid'), 'utf8').split('\n')[0]);
}

/** The process that would stop that server when its node is gone (Linux). */
export function watchdogPid(postmaster: number): number {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    const words = readCommand(pid);
    if (words.includes('lotbook-watchdog') && words.includes(String(postmaster))) return Number(pid);
  }
  throw new Error('no watchdog');
}

export function isAlive(pid: number): boolean {
  return readCommand(String(pid)).some((word) => word !== '');
}

/** Empty for a process that is gone, and for one that has ended and waits to be reaped. */
function readCommand(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch {
    return [];
  }
}
