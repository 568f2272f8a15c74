import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { writeExport } from '../../../api/cli/export.ts';
import { localSigner } from '../../../api/identity/signer.ts';
import { packagePath } from '../../../api/package-root.ts';
import { generateKey } from '../../support/key.ts';
import type { BenchServer } from '../support/database.ts';
import { figure, type Figure } from '../support/figures.ts';
import { BOOK, type BenchNode, residentBytes, startNode } from '../support/node.ts';
import { insertLongBook } from './long-book.ts';

const MIB = 2 ** 20;
/** Hard limits: beyond them the process dies, whatever its collector would have let lie until later. */
const NODE_HEAP_MIB = 112;
const VERIFIER_HEAP_MIB = 64;
/** What the verifier keeps of each record, see `RecordTable`. */
const BYTES_OF_RECORD = 72;
const POLL_MS = 1_000;
const SAMPLE_MS = 20;

/** An export of a long book, each change of which is of a record of its own, and its verification: in how much memory. */
export async function benchLongExport(server: BenchServer, dir: string, changes: number): Promise<Figure[]> {
  const url = await server.freshDatabase();
  const key = generateKey();
  await insertLongBook(url, localSigner(key), changes);
  const node = await startNode(url, { key, flags: [`--max-old-space-size=${NODE_HEAP_MIB}`] });
  const file = join(dir, 'long.jsonl.gz');
  const made = await exported(node, file).finally(() => node.stop());
  const read = await verified(file);
  const of = (name: string, unit: string, value: number) => figure('h', name, unit, [value]);
  const size = changes.toLocaleString('en');
  const most = 160 + (changes * BYTES_OF_RECORD) / MIB;
  return [
    of(`exported entries of a book of ${size}, with a heap of ${NODE_HEAP_MIB} MiB`, '/s', made.perSecond),
    atMost(of('  resident memory of the node beyond what it had before', 'MiB', made.grown / MIB), 64),
    of(
      `verified changes of that file, with a heap of ${VERIFIER_HEAP_MIB} MiB`,
      '/s',
      changes / read.seconds,
    ),
    atMost(of('  resident memory of the verifier, of which 72 bytes a record', 'MiB', read.peak / MIB), most),
  ];
}

function atMost(of: Figure, limit: number): Figure {
  return { ...of, target: { text: `at most ${Math.round(limit)} MiB`, met: of.value <= limit } };
}

async function exported(node: BenchNode, file: string): Promise<{ perSecond: number; grown: number }> {
  await untilCheckpointed(node);
  const before = node.rss();
  const peak = watch(node.pid);
  const startedAt = performance.now();
  const { entries } = await writeExport(node.admin, node.config, file, { book: BOOK });
  const seconds = (performance.now() - startedAt) / 1000;
  return { perSecond: entries / seconds, grown: Math.max(0, peak() - before) };
}

/** The node takes in the log that it finds: the heads of all records are proven in the export. */
async function untilCheckpointed({ admin }: BenchNode): Promise<void> {
  const text = 'query ($book: ID!) { checkpoint(book: $book) { size } }';
  while ((await admin.query(text, { book: BOOK }))['checkpoint'] === null)
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
}

/** `lotbook verify`, in a process of its own. */
async function verified(file: string): Promise<{ seconds: number; peak: number }> {
  const startedAt = performance.now();
  const flags = [`--max-old-space-size=${VERIFIER_HEAP_MIB}`, packagePath('dist', 'cli.js')];
  const child = spawn(process.execPath, [...flags, 'verify', file], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const peak = watch(child.pid ?? 0);
  const code = await new Promise<number | null>((resolve) => void child.once('exit', resolve));
  if (code !== 0) throw new Error(`lotbook verify ended with ${code}`);
  return { seconds: (performance.now() - startedAt) / 1000, peak: peak() };
}

/** The most resident memory of a process from now on, bytes. */
function watch(pid: number): () => number {
  let peak = residentBytes(pid);
  const timer = setInterval(() => (peak = Math.max(peak, residentBytes(pid))), SAMPLE_MS);
  return () => {
    clearInterval(timer);
    return peak;
  };
}
