import type { JsonObject } from '../identity/strict-json.ts';
import { readStanding, type Standing } from '../cli/authority/standing.ts';
import { CommandError } from '../cli/output.ts';
import { type Appointment, waitUntilSteady } from './appoint.ts';
import type { DemoNode } from './nodes.ts';
import { ask, type Asked, follow } from './requests.ts';
import type { Received } from './verify-received.ts';
import { allRecords, type SeenRecord } from './views.ts';
import { waitFor } from './wait.ts';

/** Who plays what when the node of a book's owner dies. */
export interface Cast extends Appointment {
  /** May change best-before dates of lots of the book. */
  requester: DemoNode;
  /** Has a copy of the lots. */
  subscriber: DemoNode;
}

/** What was seen at a node. */
export interface Seen {
  /** ms since 1970 */
  at: number;
  node: DemoNode;
  what: string;
}

/** While the owner's node was down. */
export interface Outage {
  /** How the right stood when it was killed. */
  before: Standing;
  killedAt: number;
  lot: SeenRecord;
  wanted: string;
  asked: Asked;
  approvedAt: number;
  received: Received;
  /** Whether nobody else than the backup can have handed it out. */
  wasDown: boolean;
  seen: Seen[];
}

const MOST_KILLS = 5;
const DAY_MS = 86_400_000;
/** For what is told with its time. */
const POLL_MS = 25;

/** The first lot of the book, and the day before its best-before date. */
export async function chooseLot({ requester, book }: Cast): Promise<{ lot: SeenRecord; wanted: string }> {
  const lots = await allRecords(requester, book, { filter: { kinds: ['LOT'] } });
  const lot = lots[0] as SeenRecord;
  const before = Date.parse(String(lot.fields['bestBeforeDate'])) - DAY_MS;
  return { lot, wanted: new Date(before).toISOString().slice(0, 10) };
}

/** The owner's node is killed; a partner asks for a change, and another one gets it. The owner's node stays down. */
export async function killOwner(
  cast: Cast,
  { lot, wanted }: Awaited<ReturnType<typeof chooseLot>>,
): Promise<Outage> {
  const { owner, requester, subscriber, book } = cast;
  const { before, killedAt } = await killInSync(cast);
  const seen: Seen[] = [];
  const see = (node: DemoNode, what: string): void => void seen.push({ at: Date.now(), node, what });
  see(owner, `its process ${owner.process.pid()} is gone`);
  const wish = { by: requester, book, record: lot.id, base: lot.version, reason: 'Stored too warm' };
  const { id } = await ask({ ...wish, fields: { bestBeforeDate: wanted } });
  const asked = await follow(requester, id, ({ state, waitsFor, outcome }) => {
    const [made] = outcome;
    see(requester, made ? `${state}, version ${made.version}` : `${state}${waitsFor ? `: ${waitsFor}` : ''}`);
  });
  const approvedAt = Date.now();
  const received = await waitFor(
    `${subscriber.season.name} has the change`,
    () => receivedAfter(subscriber, book, lot),
    POLL_MS,
  );
  see(subscriber, `has version ${received.version} in its copy`);
  const wasDown = owner.process.hasEnded();
  return { before, killedAt, lot, wanted, asked, approvedAt, received, wasDown, seen };
}

/**
 * Kills the node while its backup has every entry. On a very busy machine the holder may just have gone on without it, which the
 * witness then knows: a backup that lacks something must not take over, so that the owner's node has to come back first.
 */
async function killInSync(cast: Cast): Promise<Pick<Outage, 'before' | 'killedAt'>> {
  const { owner, backup, witness, book } = cast;
  for (let turn = 1; ; turn += 1) {
    const before = await waitUntilSteady(cast, []);
    const killedAt = Date.now();
    await owner.process.kill();
    const { insync } = await readStanding(witness, book);
    if (insync.includes(backup.organisation)) return { before, killedAt };
    if (turn === MOST_KILLS) {
      throw new CommandError(
        `The node of ${backup.season.name} is too slow on this machine to keep every entry in time.`,
        'Play the demo again when less runs here.',
      );
    }
    await owner.restart();
  }
}

async function receivedAfter(
  node: DemoNode,
  book: string,
  { id, version }: SeenRecord,
): Promise<Received | undefined> {
  const { record, authority } = await node.query(
    `query ($book: ID!, $id: ID!) {
      record(book: $book, id: $id) { version token disclosures }
      authority(book: $book) { mandateToken termToken }
    }`,
    { book, id },
  );
  const held = { ...(record as JsonObject), ...(authority as JsonObject) } as unknown as Received;
  return held.version > version ? held : undefined;
}

/** The owner's node is started again. @returns what was seen at it until it answered */
export async function restartOwner({ owner }: Cast): Promise<Seen[]> {
  const startedAt = Date.now();
  await owner.restart();
  return [
    { at: startedAt, node: owner, what: 'is started again' },
    { at: Date.now(), node: owner, what: 'answers' },
  ];
}
