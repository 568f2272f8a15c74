import { Agent, request } from 'node:http';
import type { NodeProcess } from '../../support/nodes.ts';
import { memoryOf } from '../../support/raw-http.ts';
import { seeded } from '../kill/random.ts';
import { type FuzzRequest, randomRequest } from './requests.ts';
import type { Scene } from './scene.ts';

export interface FuzzRun {
  faults: string[];
  /** How often each status was answered; `cut` for a connection that the node closed. */
  statuses: Record<string, number>;
  /** Resident memory, MB: after the first tenth, at the end. */
  memory: { early: number; late: number };
}

const AT_ONCE = 8;
/** A stream that goes on is left after its first part. */
const PATIENCE_MS = 60_000;
const LONGEST_ANSWER = 4 * 1024 ** 2;

/**
 * Sends so many requests, drawn from a seed, and says what should not have been: an answer 5xx, none at all, a hidden value in
 * an answer to whom it is hidden from, an error that a library wrote, a node that is not the same process and ready at the end.
 */
export async function fuzz(
  node: NodeProcess,
  scene: Scene,
  { requests, seed, say = () => undefined }: { requests: number; seed: number; say?: (text: string) => void },
): Promise<FuzzRun> {
  const faults: string[] = [];
  const statuses: Record<string, number> = {};
  const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });
  const pid = node.pid();
  let early = 0;
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let at = next++; at < requests; at = next++) {
      const asked = randomRequest(seeded(seed * 1_000_003 + at), scene);
      const { status, text } = await send(node.url, asked, agent);
      statuses[status] = (statuses[status] ?? 0) + 1;
      for (const fault of faultsOf(scene, asked, { status, text })) faults.push(`request ${at}: ${fault}`);
      if (at === Math.floor(requests / 10)) early = memoryOf(pid);
      if (at % 5_000 === 4_999)
        say(`${at + 1} requests, ${faults.length} faults, ${Math.round(memoryOf(pid))} MB`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  agent.destroy();
  if (node.pid() !== pid || !(await fetch(`${node.url}/readyz`)).ok)
    faults.push('the node is not ready any more');
  for (const canary of scene.hidden)
    if (node.log().includes(canary)) faults.push('the log holds a hidden value');
  return { faults, statuses, memory: { early, late: memoryOf(pid) } };
}

function faultsOf(
  { hidden, mayRead }: Scene,
  asked: FuzzRequest,
  answer: { status: string; text: string },
): string[] {
  const { method, path, as } = asked;
  const what = `${method} ${path.slice(0, 60)} as ${as}: ${String(asked.body ?? '').slice(0, 400)}`;
  const found: string[] = [];
  if (Number(answer.status) >= 500) found.push(`${answer.status} to ${what}: ${answer.text.slice(0, 300)}`);
  if (answer.status === 'silence') found.push(`no answer to ${what}`);
  if (answer.text.includes('"INTERNAL"')) found.push(`INTERNAL to ${what}`);
  if (/\bat \S+ \(?(file:|node:|\/)\S+:\d+/.test(answer.text)) found.push(`a stack in the answer to ${what}`);
  if (answer.text.startsWith('{"errors":[') && !answer.text.includes('"requestId":"'))
    found.push(`an error without the id of its request to ${what}`);
  if (!mayRead.has(as) && hidden.some((canary) => answer.text.includes(canary)))
    found.push(`a leak to ${what}`);
  return found;
}

function send(url: string, asked: FuzzRequest, agent: Agent): Promise<{ status: string; text: string }> {
  const { hostname, port } = new URL(url);
  const { method, path, headers, body } = asked;
  return new Promise((resolve) => {
    let text = '';
    let status = 'cut';
    const timer = setTimeout(() => end('silence'), PATIENCE_MS);
    const end = (given = status): void => {
      clearTimeout(timer);
      resolve({ status: given, text });
      req.destroy();
    };
    const req = request(
      { hostname, port, method, path: encodePath(path), headers: plain(headers), agent },
      (res) => {
        status = String(res.statusCode);
        const isStream = (res.headers['content-type'] ?? '').startsWith('text/event-stream');
        res.on('data', (bytes: Buffer) => {
          text += bytes.toString('utf8');
          if (isStream || text.length > LONGEST_ANSWER) end();
        });
        res.on('error', () => end());
        res.on('end', () => {
          clearTimeout(timer);
          resolve({ status, text });
        });
        // A stream that has nothing to say says nothing.
        if (isStream) setTimeout(end, 300).unref();
      },
    );
    req.on('error', () => end());
    req.end(body);
  });
}

/** What a client can send at all. */
function encodePath(path: string): string {
  return path.replace(/[^!-~]/g, (char) => encodeURIComponent(char));
}

function plain(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, value.replace(/[^\t -~\u0080-\u00ff]/g, '?')]),
  );
}
