import { z } from 'zod';
import { LotbookError } from '../../errors.ts';
import { DIGEST_PATTERN } from '../../identity/base64url.ts';
import type { HeadProof } from '../../ledger/heads/proof.ts';
import type { Peers } from '../../peers/peer.ts';
import type { CheckpointPair } from './pair.ts';

/** What another node is asked about a book, and in which form it has to answer. Rejects with UNREACHABLE, or what it refuses. */

const TIMEOUT_MS = 15_000;
const limits = { timeoutMs: TIMEOUT_MS };
const digest = z.string().regex(DIGEST_PATTERN);
const token = z.string().max(100_000);

type Caller = Pick<Peers, 'call'>;

const CHECKPOINT = `query Checkpoint($book: ID!, $size: Int) { checkpoint(book: $book, size: $size) { note heads } }`;
const pairData = z.object({ checkpoint: z.object({ note: token, heads: token }).nullable() });

export async function askCheckpoint(
  peers: Caller,
  from: string,
  book: string,
  size: number | null,
): Promise<CheckpointPair | null> {
  return parse(pairData, await peers.call(from, CHECKPOINT, { book, size }, limits)).checkpoint;
}

const CONSISTENCY = `query Consistency($book: ID!, $from: Int!, $to: Int!) { consistencyProof(book: $book, from: $from, to: $to) }`;
const consistencyData = z.object({ consistencyProof: z.array(digest).max(128) });

export async function askConsistency(
  peers: Caller,
  node: string,
  book: string,
  range: { from: number; to: number },
): Promise<string[]> {
  return parse(consistencyData, await peers.call(node, CONSISTENCY, { book, ...range }, limits))
    .consistencyProof;
}

const INCLUSION = `query Inclusion($book: ID!, $seq: Int!, $size: Int!) { inclusionProof(book: $book, seq: $seq, size: $size) }`;
const inclusionData = z.object({ inclusionProof: z.array(digest).max(128) });

export async function askInclusion(
  peers: Caller,
  node: string,
  book: string,
  size: number,
): Promise<string[]> {
  return parse(inclusionData, await peers.call(node, INCLUSION, { book, seq: size, size }, limits))
    .inclusionProof;
}

const HEADS = `query Heads($book: ID!, $size: Int!, $records: [ID!]!) {
  headProofs(book: $book, size: $size, records: $records) { record siblings leaf { key head } }
}`;
const headsData = z.object({
  headProofs: z
    .array(
      z.object({
        record: z.string(),
        siblings: z.array(digest).max(256),
        leaf: z.object({ key: z.string(), head: z.string() }).nullable(),
      }),
    )
    .max(100),
});

/** Of records that the node shows; one that it does not show is not in the answer. */
export async function askHeads(
  peers: Caller,
  node: string,
  book: string,
  asked: { size: number; records: readonly string[] },
): Promise<Map<string, HeadProof>> {
  const { headProofs } = parse(headsData, await peers.call(node, HEADS, { book, ...asked }, limits));
  return new Map(headProofs.map(({ record, ...proof }) => [record, proof]));
}

const CHANGES = `query Changes($book: ID!, $record: ID!, $after: ID) {
  changes(book: $book, record: $record, first: 100, after: $after) {
    edges { node { kind token disclosures } } pageInfo { hasNextPage endCursor }
  }
}`;
const changesData = z.object({
  changes: z.object({
    edges: z.array(
      z.object({
        node: z.object({ kind: z.string(), token, disclosures: z.array(z.string()) }),
      }),
    ),
    pageInfo: z.object({ hasNextPage: z.boolean(), endCursor: z.string().nullable() }),
  }),
});

/** Everything that the node shows of a record, in order. */
export async function askChanges(
  peers: Caller,
  node: string,
  book: string,
  record: string,
): Promise<{ kind: string; token: string; disclosures: string[] }[]> {
  const found = [];
  let after: string | null = null;
  do {
    const data: unknown = await peers.call(node, CHANGES, { book, record, after }, limits);
    const { edges, pageInfo } = parse(changesData, data).changes;
    found.push(...edges.map((edge) => edge.node));
    after = pageInfo.hasNextPage ? pageInfo.endCursor : null;
  } while (after !== null);
  return found;
}

const SHOW = `mutation Show($book: ID!, $note: String!) { showCheckpoint(book: $book, note: $note) { note error { code } } }`;
const showData = z.object({ showCheckpoint: z.object({ note: token.nullable() }) });

/** Shows a checkpoint, and answers the one that the other node has last seen of the book. */
export async function askToCompare(
  peers: Caller,
  node: string,
  book: string,
  note: string,
): Promise<string | null> {
  return parse(showData, await peers.call(node, SHOW, { book, note }, limits)).showCheckpoint.note;
}

function parse<T>(shape: z.ZodType<T>, data: unknown): T {
  const parsed = shape.safeParse(data);
  if (parsed.success) return parsed.data;
  throw new LotbookError('UNREACHABLE', 'The answer is not in the form that was agreed.');
}
