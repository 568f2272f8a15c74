import { spawn, type ChildProcess } from 'node:child_process';
import { randomInt, randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectOwnNode, type OwnNode } from '../../api/cli/own-node.ts';
import { readConfig } from '../../api/config.ts';
import type { JsonObject } from '../../api/identity/strict-json.ts';
import { packagePath } from '../../api/package-root.ts';
import { sendAnywhere } from '../../api/peers/outbound.ts';
import { openTokens } from '../../api/peers/tokens.ts';
import { openHome } from '../../api/store/home.ts';

export interface NodeOptions {
  organisation: string;
  /** Books that it opens. */
  books?: readonly string[];
  /** Absent: the embedded PostgreSQL. */
  databaseUrl?: string;
  /** The public URL, where that is not its own address: a proxy before it. */
  url?: string;
  /** The directory and key of another process of the same node. */
  dir?: string;
  port?: number;
  env?: Readonly<Record<string, string>>;
}

/** A node in a process of its own: `node dist/cli.js start`, reached over the loopback interface. */
export interface NodeProcess extends Pick<OwnNode, 'query' | 'mutate' | 'subscribe'> {
  organisation: string;
  /** Where it listens. */
  url: string;
  dir: string;
  pid(): number;
  /** A bearer token of the node's own organisation at `audience`, or at this node. */
  token(at?: { url: string; audience?: string }): Promise<string>;
  /** Ends the process as a power cut would, and waits until it is gone. */
  kill9(): Promise<void>;
  /** SIGTERM; resolves with the exit code. */
  stop(): Promise<number | null>;
  /** Starts it again in the same directory, with these options of `lotbook start`; resolves when it is ready. */
  restart(options?: readonly string[]): Promise<void>;
  /** Everything that all of its processes wrote, to stdout and stderr. */
  log(): string;
  /** Ends the process and removes the directory. */
  remove(): Promise<void>;
}

/** Whatever becomes of a test: what it left running is ended with its process, and its directories removed. */
const left = new Map<string, ChildProcess | undefined>();
process.on('exit', () => {
  for (const [dir, child] of left) {
    child?.kill('SIGKILL');
    try {
      rmSync(dir, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
    } catch {
      // The server in it is still on its way out.
    }
  }
});

const ENTRY = process.env['TEST_CLI'] || packagePath('dist', 'cli.js');
const READY_MS = 60_000;

export async function startNodeProcess(options: NodeOptions): Promise<NodeProcess> {
  const { organisation } = options;
  const port = options.port ?? (await freePort());
  const dir = options.dir ?? (await mkdtemp(join(tmpdir(), 'lotbook-process-')));
  if (options.dir === undefined) left.set(dir, undefined);
  const url = `http://localhost:${port}`;
  const env: Record<string, string> = {
    ...cleanEnvironment(),
    LOTBOOK_PARTNER_POLL_MS: '500',
    // They are all on this machine.
    LOTBOOK_OUTBOUND_NETWORKS: 'loopback',
    ...options.env,
  };
  if (options.databaseUrl !== undefined) env['DATABASE_URL'] = options.databaseUrl;
  const here = ['--dir', dir, '--port', String(port)];
  if (options.dir === undefined) {
    const books = options.books?.length ? ['--book', ...options.books] : [];
    const name = ['--organisation', organisation, '--name', `The ${organisation}`];
    await run([...here, 'init', ...name, '--url', options.url ?? url, ...books], env);
  }
  let child: ChildProcess | undefined;
  let ended: Promise<number | null> = Promise.resolve(null);
  let text = '';

  const start = async (more: readonly string[] = []): Promise<void> => {
    const args = [ENTRY, ...here, 'start', ...more];
    child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    if (options.dir === undefined) left.set(dir, child);
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (bytes) => (text += String(bytes)));
    const reaper = reap(child);
    ended = new Promise((resolve) => child?.once('close', (code) => resolve(code)));
    void ended.then(() => reaper.kill('SIGKILL'));
    await ready(url, ended, () => text);
  };
  const kill9 = async (): Promise<void> => {
    child?.kill('SIGKILL');
    await ended;
  };
  await start();
  const own = await connectOwnNode(readConfig({}, { dir, port }));
  return {
    organisation,
    url,
    dir,
    pid: () => child?.pid ?? 0,
    query: own.query,
    mutate: own.mutate,
    subscribe: own.subscribe,
    token: (at = { url }) => fetchToken(dir, at),
    kill9,
    stop: async () => {
      child?.kill('SIGTERM');
      return ended;
    },
    restart: start,
    log: () => text,
    remove: async () => {
      child?.kill('SIGTERM');
      const late = setTimeout(() => child?.kill('SIGKILL'), 15_000);
      await ended;
      clearTimeout(late);
      if (options.dir !== undefined) return;
      await rm(dir, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
      left.delete(dir);
    },
  };
}

type Callable = Pick<NodeProcess, 'organisation' | 'query' | 'mutate'>;

/** Partners by the way of people: invitation, acceptance, confirmation by the fingerprint that is read out. */
export async function makePartners(a: Callable, b: Callable): Promise<void> {
  const error = 'error { code message duty }';
  const { link } = await a.mutate(
    `mutation ($input: InvitePartnerInput!) { invitePartner(input: $input) { link ${error} } }`,
    { input: { note: b.organisation } },
  );
  await b.mutate(`mutation ($link: String!) { acceptInvitation(link: $link) { ${error} } }`, { link });
  const { partners } = await a.query('{ partners { organisation fingerprint } }');
  const partner = (partners as JsonObject[]).find(({ organisation }) => organisation === b.organisation);
  await a.mutate(
    `mutation ($organisation: ID!, $fingerprint: String!) {
       confirmPartner(organisation: $organisation, fingerprint: $fingerprint) { ${error} }
     }`,
    { organisation: b.organisation, fingerprint: partner?.['fingerprint'] },
  );
}

/** Waits until something is so. For what happens by itself, in another process. */
export async function until(what: string, isSo: () => Promise<boolean>, patienceMs = 30_000): Promise<void> {
  for (const endsAt = Date.now() + patienceMs; Date.now() < endsAt; await sleep(50)) {
    if (await isSo().catch(() => false)) return;
  }
  throw new Error(`waited in vain until ${what}`);
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Below the range from which the system takes ports for outgoing connections: it stays free while a node is down. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(20_000, 32_000);
    const isFree = await new Promise<boolean>((resolve) => {
      const probe = createServer();
      probe.once('error', () => resolve(false));
      probe.listen({ port, host: '127.0.0.1' }, () => probe.close(() => resolve(true)));
    });
    if (isFree) return port;
  }
}

/** Settings of a node in the environment of the tests are not for the nodes of tests. */
function cleanEnvironment(): Record<string, string> {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(LOTBOOK_|DATABASE_URL|NODE_OPTIONS|VITEST)/.test(name),
  );
  return Object.fromEntries(kept.map(([name, value]) => [name, value ?? '']));
}

async function run(args: readonly string[], env: Record<string, string>): Promise<void> {
  const child = spawn(process.execPath, [ENTRY, ...args], { env, stdio: ['ignore', 'ignore', 'pipe'] });
  let text = '';
  child.stderr.on('data', (bytes) => (text += String(bytes)));
  const code = await new Promise((resolve) => child.once('close', resolve));
  if (code !== 0) throw new Error(`lotbook ${args.join(' ')}: ${text}`);
}

/** A shell that waits for the end of its input, which ends with this process, however that ends; then it kills the node. */
function reap(child: ChildProcess): ChildProcess {
  const shell = spawn('/bin/sh', ['-c', 'read -r _; kill -KILL "$1"', 'reaper', String(child.pid)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  shell.stdin?.on('error', () => undefined);
  shell.unref();
  return shell;
}

async function ready(url: string, ended: Promise<unknown>, log: () => string): Promise<void> {
  let hasEnded = false;
  void ended.then(() => (hasEnded = true));
  for (const endsAt = Date.now() + READY_MS; Date.now() < endsAt; await sleep(25)) {
    const answer = await fetch(`${url}/readyz`).catch(() => undefined);
    await answer?.arrayBuffer();
    if (answer?.ok) return;
    if (hasEnded) break;
  }
  throw new Error(`the node does not get ready: ${log().slice(-2000)}`);
}

async function fetchToken(
  dir: string,
  { url, audience }: { url: string; audience?: string },
): Promise<string> {
  const { organisation, signer } = await openHome({ dir });
  const document = (await (await fetch(`${url}/.well-known/lotbook`)).json()) as { url: string };
  const tokens = openTokens({
    clientId: organisation,
    signer,
    now: Date.now,
    randomId: randomUUID,
    send: sendAnywhere,
  });
  return tokens.tokenFor({ url, audience: audience ?? document.url });
}
