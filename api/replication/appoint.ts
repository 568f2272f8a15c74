import { LotbookError } from '../errors.ts';
import { tokenHash } from '../ledger/change.ts';
import { signMandate, type MandateClaims } from '../ledger/statements/mandate.ts';
import type { Member } from '../ledger/statements/shapes.ts';
import { EMPTY_FRONTIER, encodeFrontier, extendFrontier, type Frontier } from '../ledger/tree.ts';
import { lockBook } from '../store/commit.ts';
import {
  readTokens,
  readWholeBook,
  setSeated,
  writeAuthority,
  writeFrames,
  type StoredFrame,
} from '../store/replica.ts';
import { inTransaction } from '../store/transaction.ts';
import type { Desk, DeskDeps } from './desk.ts';
import { headOf } from './frames.ts';
import { known } from './papers.ts';
import { Seat } from './seat.ts';
import { STARTING, textOf } from './seat-text.ts';

export interface AppointInput {
  book: string;
  /** The owner itself, or an active partner that holds the book already: the backup until now. */
  primary: string;
  /** An organisation: an active partner with a node, or null for none. */
  backup: string | null;
  witness: string | null;
  mode: 'strict' | 'available';
  leaseMs: number;
  takeoverMs: number;
  drift: number;
  handBack: 'auto' | 'manual';
  /** What a lost member alone had is gone for good: the book goes on from what this node has. */
  acceptLoss: boolean;
}

export interface AppointDeps extends DeskDeps {
  /** This node or a partner, as a mandate names it. Throws NOT_FOUND. */
  memberOf: (organisation: string) => Promise<Member>;
}

/** Entries of a frame of the log that was there before. */
const FRAME_ENTRIES = 512;
const TIMEOUT_MS = 15_000;
/** In leases. */
const PATIENCE = 3;
/** Term 1 is that of a book whose owner has appointed nobody. */
const FIRST_TERM = 2;

/**
 * The owner's mandate: who may hold the right, and who keeps the register of terms. The registrar enters a term by it; all
 * else is the state machines' own: the first to learn of the term is the primary, which opens it and brings the backup up
 * to date.
 *
 * The first mandate turns the book from one that this node alone approves into one with a seat. Its log so far is the base.
 */
export async function appoint(deps: AppointDeps, desk: Desk, input: AppointInput): Promise<void> {
  const { papers } = desk;
  if (papers.owner !== deps.organisation) {
    throw new LotbookError(
      'NOT_PERMITTED',
      `The owner of the book, ${papers.owner}, appoints its authority.`,
    );
  }
  const whole = await readWholeBook(deps.pool, input.book);
  if (!whole?.slotKey)
    throw new LotbookError('NOT_FOUND', 'There is no such book here.', { place: 'input.book' });
  const token = await mandateFor(deps, desk, input);
  const base = desk.seat
    ? null
    : await frontierOfLog(deps, input.book, EMPTY_FRONTIER, whole.length, () => undefined);
  await desk.do(() => papers.take({ mandates: [token], terms: [] }));
  const before = papers.knows.n;
  await tellRegistrar(deps, desk, base);
  if (desk.seat) return termAfter(desk, before, input.leaseMs);
  if (papers.knows.n <= before) {
    throw new LotbookError(
      'UNREACHABLE',
      'The keeper of the register did not enter a term by this mandate: try again.',
    );
  }
  await takeSeat(deps, desk);
}

/** A later mandate comes into force once no lease under the one before can run: worth waiting for, but not for ever. */
async function termAfter({ papers }: Desk, n: number, leaseMs: number): Promise<void> {
  const until = performance.now() + PATIENCE * leaseMs;
  while (papers.knows.n <= n && performance.now() < until) {
    await new Promise((resolve) => setTimeout(resolve, Math.min(leaseMs / 10, 500)));
  }
}

async function mandateFor(deps: AppointDeps, desk: Desk, input: AppointInput): Promise<string> {
  const { papers } = desk;
  const { m, n } = papers.knows;
  const before = papers.mandate(m);
  if (before && n > 0 && (before.claims.witness?.organisation ?? null) !== input.witness) {
    const message =
      'The keeper of the register stays the same as long as it is there: its word is what the terms rest on.';
    throw new LotbookError('BAD_INPUT', message, { place: 'input.witness' });
  }
  const { primary, backup, witness } = input;
  if (!before && primary !== deps.organisation) {
    const message =
      'At first the owner is the primary, for it holds the book: another member can be made it later.';
    throw new LotbookError('BAD_INPUT', message, { place: 'input.primary' });
  }
  const members = await Promise.all([
    deps.memberOf(primary),
    backup === null ? null : deps.memberOf(backup),
    witness === null ? null : deps.memberOf(witness),
  ]);
  const { book, mode, leaseMs, takeoverMs, drift, handBack } = input;
  const claims: MandateClaims = {
    iss: deps.organisation,
    book,
    m: m + 1,
    ...(before ? { prev: tokenHash(before.token) } : {}),
    iat: deps.clock() / 1000,
    primary: members[0],
    backup: members[1],
    witness: members[2],
    mode,
    leaseMs,
    drift,
    takeoverMs,
    handBack,
    term: Math.max(FIRST_TERM, n + 1),
    ...(input.acceptLoss ? { acceptLoss: acceptedLog(deps, desk, primary) } : {}),
  };
  return signMandate(claims, deps.signer);
}

/** All that is final here; what only the member has that held the right alone is given up, even if it is merely away. */
function acceptedLog({ organisation }: AppointDeps, { seat, papers }: Desk, primary: string) {
  if (!seat || primary !== organisation) {
    const message = 'The book can only go on from what this node has: it becomes the primary.';
    throw new LotbookError('BAD_INPUT', message, { place: 'input.acceptLoss' });
  }
  const { insync } = known(papers.term(papers.knows.n), 'the term').claims;
  if (seat.isHolder() || insync.length > 1) {
    const message = `Nothing is known to be lost: ${insync.join(' and ')} has every entry. Appoint without accepting a loss.`;
    throw new LotbookError('BAD_INPUT', message, { place: 'input.acceptLoss' });
  }
  const { length, nodes } = seat.log.final;
  return { len: length, nodes: [...nodes] };
}

/** Hands the mandate to the keeper of the register, and for its first term the frontier of the log. */
async function tellRegistrar(deps: AppointDeps, desk: Desk, base: Frontier | null): Promise<void> {
  const { papers, book } = desk;
  const { claims } = known(papers.mandate(papers.knows.m), 'the mandate');
  const registrar =
    papers.term(papers.knows.n)?.claims.registrar ?? (claims.witness ?? claims.primary).organisation;
  const register = base && { len: base.length, frontier: [...base.nodes] };
  if (registrar === deps.organisation) return desk.do(() => desk.enact(register));
  const envelope = {
    book,
    knows: { ...papers.hasAllTo, keys: papers.keys.known },
    keyLogs: papers.keys.after({}, 0),
    ...papers.after({ m: 0, n: 0 }),
    ...(register ? { register } : {}),
  };
  const answer = await deps.exchange(registrar, envelope, TIMEOUT_MS);
  await desk.do(() => papers.take(answer));
}

/** From now on the book changes through its seat. What was approved until now is final as it is. */
async function takeSeat(deps: AppointDeps, desk: Desk): Promise<void> {
  const { papers, book } = desk;
  const { m, n } = papers.knows;
  const text = await inTransaction(deps.pool, async (client) => {
    const head = await lockBook(client, book);
    if (!head) throw new LotbookError('NOT_FOUND', 'There is no such book here.');
    const frames: StoredFrame[] = [];
    const registered = known(papers.term(n), 'the term').claims.len;
    const keep = (frontier: Frontier): void => void frames.push(frameAt(frontier));
    const base = await frontierOfLog(deps, book, EMPTY_FRONTIER, registered, keep);
    const frontier = await frontierOfLog(deps, book, base, head.length, keep);
    await writeFrames(client, book, frames);
    const member = textOf(m, { ...STARTING, final: headOf(frontier) });
    await writeAuthority(client, { book, mandate: m, term: n, member: { before: null, after: member } });
    await setSeated(client, book);
    return member;
  });
  desk.takeSeat(await Seat.open(deps, papers, text));
}

/** Walks the log up to a length, and shows each place at which a frame ends. */
async function frontierOfLog(
  { pool }: AppointDeps,
  book: string,
  from: Frontier,
  length: number,
  show: (frontier: Frontier) => void,
): Promise<Frontier> {
  let frontier = from;
  while (frontier.length < length) {
    const upTo = Math.min(length, frontier.length + FRAME_ENTRIES);
    const tokens = await readTokens(pool, book, frontier.length, upTo);
    if (tokens.length !== upTo - frontier.length)
      throw new LotbookError('INTERNAL', `the log of ${book} has a gap`);
    frontier = extendFrontier(frontier, tokens.map(tokenHash));
    show(frontier);
  }
  return frontier;
}

function frameAt(frontier: Frontier): StoredFrame {
  const { len, head } = headOf(frontier);
  return { to: len, head, frontier: encodeFrontier(frontier), term: 1, body: null };
}
