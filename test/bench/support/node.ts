import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectOwnNode, type OwnNode } from '../../../api/cli/own-node.ts';
import { type Config, readConfig } from '../../../api/config.ts';
import { type PrivateJwk, publicPart } from '../../../api/identity/jwk.ts';
import { localSigner } from '../../../api/identity/signer.ts';
import { packagePath } from '../../../api/package-root.ts';
import { sendAnywhere } from '../../../api/peers/outbound.ts';
import { openTokens } from '../../../api/peers/tokens.ts';
import { initHome } from '../../../api/store/home.ts';
import { generateKey } from '../../support/key.ts';
import { freePort } from '../../support/nodes.ts';

export const ORGANISATION = 'bench.example';
export const BOOK = `${ORGANISATION}/season`;

/** A node in a process of its own: what `lotbook start` runs. */
export interface BenchNode {
  url: string;
  pid: number;
  /** Of its operator. */
  admin: OwnNode;
  config: Config;
  /** The access token of a new program with the role EDITOR. */
  editorToken(): Promise<string>;
  /** The access token of a new partner organisation. */
  partnerToken(organisation: string): Promise<string>;
  /** Its resident memory, bytes. */
  rss(): number;
  /** The processor time that all of its threads have used, seconds. */
  cpuSeconds(): number;
  stop(): Promise<void>;
}

/**
 * Starts a node with one book on a database, which may hold what its key has signed; `env` has settings of its own. `flags` and LOTBOOK_BENCH_NODE_FLAGS go to
 * its node process: `--cpu-prof`, say.
 */
export async function startNode(
  databaseUrl: string,
  {
    key = generateKey(),
    flags = [],
    env = {},
  }: { key?: PrivateJwk; flags?: readonly string[]; env?: Readonly<Record<string, string>> } = {},
): Promise<BenchNode> {
  const dir = await mkdtemp(join(tmpdir(), 'lotbook-bench-node-'));
  const keys = [key];
  const port = await freePort();
  await initHome({
    dir,
    organisation: ORGANISATION,
    name: 'Bench',
    books: ['season'],
    generateKey: () => keys.pop() ?? generateKey(),
  });
  const running = await runNode({ dir, port, databaseUrl, flags, env });
  const config = readConfig({}, { dir, port });
  const admin = await connectOwnNode(config);
  const tokenOf = (clientId: string, jwk: ReturnType<typeof generateKey>) =>
    openTokens({
      clientId,
      signer: localSigner(jwk),
      now: Date.now,
      randomId: () => crypto.randomUUID(),
      send: sendAnywhere,
    }).tokenFor({ url: running.url, audience: `http://localhost:${port}` });
  return {
    ...running,
    admin,
    config,
    editorToken: async () => {
      const jwk = generateKey();
      const input = { name: 'erp', jwk: publicPart(jwk), roles: ['EDITOR'] };
      const text = `mutation ($input: AddClientInput!) { addClient(input: $input) { error { code message duty } } }`;
      await admin.mutate(text, { input } as never);
      return tokenOf(`${ORGANISATION}/erp`, jwk);
    },
    partnerToken: async (organisation) => {
      const jwk = generateKey();
      const input = { organisation, name: organisation, jwk: publicPart(jwk) };
      const text = `mutation ($input: AddPartnerInput!) { addPartner(input: $input) { error { code message duty } } }`;
      await admin.mutate(text, { input } as never);
      return tokenOf(organisation, jwk);
    },
    rss: () => residentBytes(running.pid),
    cpuSeconds: () => cpuSecondsOf(running.pid),
    stop: async () => {
      await running.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

export interface RunningProcess {
  url: string;
  pid: number;
  /** From the start of the process to the first good answer of /readyz, ms. */
  readyMs: number;
  stop(signal?: 'SIGTERM' | 'SIGKILL'): Promise<void>;
}

/** Runs `dist/cli.js start` until /readyz answers. Without a database URL it runs its embedded one. */
export async function runNode(given: {
  dir: string;
  port: number;
  databaseUrl?: string;
  flags?: readonly string[];
  env?: Readonly<Record<string, string>>;
}): Promise<RunningProcess> {
  const { dir, port, databaseUrl = '' } = given;
  const more = (process.env['LOTBOOK_BENCH_NODE_FLAGS'] ?? '').split(' ').filter(Boolean);
  const flags = [...(given.flags ?? []), ...more];
  const startedAt = performance.now();
  const child = spawn(
    process.execPath,
    [...flags, packagePath('dist', 'cli.js'), '--dir', dir, '--port', String(port), 'start'],
    {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: {
        ...process.env,
        DATABASE_URL: databaseUrl,
        LOTBOOK_LOG_LEVEL: 'warn',
        LOTBOOK_OUTBOUND_NETWORKS: 'loopback',
        ...given.env,
      },
    },
  );
  const ended = new Promise<void>((resolve) => void child.once('exit', () => resolve()));
  const url = `http://127.0.0.1:${port}`;
  while (!(await isReady(url))) {
    if (child.exitCode !== null)
      throw new Error('the node ended before it was ready: run npm run build first');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  const readyMs = performance.now() - startedAt;
  return {
    url,
    pid: child.pid ?? 0,
    readyMs,
    stop: async (signal = 'SIGTERM') => {
      child.kill(signal);
      await ended;
    },
  };
}

async function isReady(url: string): Promise<boolean> {
  const answer = await fetch(`${url}/readyz`).catch(() => null);
  await answer?.arrayBuffer();
  return answer?.ok ?? false;
}

/** Of a process, bytes; 0 once it has ended. */
export function residentBytes(pid: number): number {
  try {
    const [, pages = '0'] = readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ');
    return Number(pages) * 4096;
  } catch {
    return 0;
  }
}

/** Linux counts in ticks of 10 ms, fields 14 and 15 of the process's line. */
function cpuSecondsOf(pid: number): number {
  const line = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const fields = line.slice(line.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}
