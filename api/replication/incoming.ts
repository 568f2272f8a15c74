import { BookKeys, type KeyEntry } from '../identity/book-keys.ts';
import { KEY_RECORD_PREFIX } from '../identity/key-state.ts';
import type { Message } from '../authority/words.ts';
import type { PinnedKeys } from '../identity/jws.ts';
import { peekClaims } from '../identity/jws.ts';
import { isRecordKind, tokenHash } from '../ledger/change.ts';
import { keyOf, type HeadLeaf } from '../ledger/heads/page.ts';
import type { NewEntry } from '../store/commit.ts';
import { verifyApproval } from '../ledger/statements/approval.ts';
import { verifyReceipt, type ReceiptClaims } from '../ledger/statements/receipt.ts';
import type { Frontier } from '../ledger/tree.ts';
import { EMPTY_HEAD, receivedFrame, type TailFrame } from './frames.ts';
import { checkFrames } from './monitor.ts';
import { mandateOf, termOf, type Papers } from './papers.ts';
import type { Certificate, Seat } from './seat.ts';
import type { WireMessage } from './wire.ts';

type Wire<T extends WireMessage['type']> = Extract<WireMessage, { type: T }>;

/** A message that may be believed to be what it says, and what came with it. */
export interface Read {
  message: Message;
  /** Lengths of the log that it names. */
  lens: number[];
  frames: TailFrame[];
  certificate: Certificate | null;
}

/**
 * The holder's log: each entry must be what a member may store, the entries lead to the head that is claimed, and the holder's word on
 * what is final is signed. Null where the term is not known here; throws an Untrue where the holder says what is not so.
 */
export async function readAppend(
  papers: Papers,
  seat: Seat,
  ownerKeys: PinnedKeys,
  wire: Wire<'append'>,
): Promise<Read | null> {
  const term = papers.term(wire.n);
  const mandate = term && papers.mandate(term.claims.m);
  if (!term || !mandate) return null;
  const frames: TailFrame[] = [];
  let after: Frontier | null = await seat.log.frontierAt(wire.prev);
  for (const frame of after ? wire.frames : []) {
    const held: Frontier | null = await seat.log.frontierAt(frame.to);
    const received = held ? null : receivedFrame(after as Frontier, frame);
    if (!held && !received) throw new Untrue(`entries do not lead to the head at ${frame.to.len}`);
    if (received) frames.push(received);
    after = held ?? (received as TailFrame).frontier;
  }
  await check(papers, seat, ownerKeys, frames);
  const certificate = readCertificate(papers, wire);
  const message = {
    type: 'append',
    term: termOf(term.claims),
    mandate: mandateOf(mandate.claims),
    prev: wire.prev,
    frames: after ? wire.frames.map(({ to, n }) => ({ to, n })) : [],
    final: certificate?.at ?? EMPTY_HEAD,
  } as const;
  return { message, lens: [wire.prev.len, ...wire.frames.map(({ to }) => to.len)], frames, certificate };
}

/** The heads that entries up to a place give their records. */
function leavesOf(entries: readonly NewEntry[], upTo: number): HeadLeaf[] {
  return entries.flatMap(({ seq, kind, record, hash }) =>
    seq <= upTo && isRecordKind(kind) ? { key: keyOf(record), head: hash } : [],
  );
}

function keyEntriesOf(entries: readonly NewEntry[]): KeyEntry[] {
  return entries
    .filter(({ kind }) => kind === 'KEY')
    .map(({ record, version: nr, seq, token }) => ({
      organisation: record.slice(KEY_RECORD_PREFIX.length),
      nr,
      seq,
      token,
    }));
}

/** What another node says is not so: it has a fault, or lies. */
export class Untrue extends Error {}

async function check(
  papers: Papers,
  seat: Seat,
  ownerKeys: PinnedKeys,
  frames: readonly TailFrame[],
): Promise<void> {
  const [first] = frames;
  if (!first) return;
  const records = frames.flatMap(({ body }) => body.entries.map(({ record }) => record));
  const { len } = first.prev;
  const before = seat.log.tailAfter(seat.state.final).filter(({ to }) => to.len <= len);
  const entries = [...before, ...frames].flatMap(({ body }) => body.entries);
  const headsRoot = (size: number): Promise<string> => seat.headsRoot(size, leavesOf(entries, size));
  const versions = await seat.log.versionsAt(first.prev, records);
  const inForce = new BookKeys(papers.book, [
    ...(await seat.log.keyEntries(papers.signing)),
    ...before.flatMap(({ body }) => keyEntriesOf(body.entries)),
  ]);
  const wrong = await checkFrames(papers, frames, ownerKeys, versions, headsRoot, inForce);
  if (wrong !== null) throw new Untrue(wrong);
}

/** Null unless the holder of its term signed it, on a receipt of the other member or the registrar for this very place. */
function readCertificate(
  papers: Papers,
  { final: at, approval, receipt }: Wire<'append'>,
): Certificate | null {
  const n = approval === null ? undefined : peekClaims(approval)?.['n'];
  const term = typeof n === 'number' ? papers.term(n) : undefined;
  if (approval === null || !term) return null;
  const { holder: issuer, registrar } = term.claims;
  const expected = { keys: papers.keysFor(issuer, term.claims.n), issuer, book: papers.book, registrar };
  const checked = verifyApproval(approval, expected);
  if (!checked.ok || checked.claims.len !== at.len || checked.claims.head !== at.head) return null;
  if (receipt === null) return issuer === registrar ? { at, approval, receipt } : null;
  const from = peekClaims(receipt)?.['iss'];
  const says =
    typeof from === 'string' && from !== issuer ? readReceipt(papers, from, term.claims.n, receipt) : null;
  const isCovered = says?.len === at.len && says.head === at.head;
  return isCovered && checked.claims.receipts.includes(tokenHash(receipt)) ? { at, approval, receipt } : null;
}

/** The claims of a receipt that a member, or the registrar, signed in a term. */
function readReceipt(papers: Papers, from: string, n: number, token: string): ReceiptClaims | null {
  const checked = verifyReceipt(token, { keys: papers.keysFor(from, n), issuer: from, book: papers.book });
  if (!checked.ok || checked.claims.n !== n) return null;
  const isRegistrars = papers.term(n)?.claims.registrar === from;
  return checked.claims.as === 'member' || isRegistrars ? checked.claims : null;
}

/** A receipt of the other member, or the registrar's countersignature, signed for the place that the message names. */
export function readReceipted(
  papers: Papers,
  from: string,
  wire: Wire<'receipt' | 'countersigned'>,
): Read | null {
  const { type, n, at, token } = wire;
  const says = readReceipt(papers, from, n, token);
  const isIts = says?.len === at.len && says.head === at.head;
  if (!isIts || says.as !== (type === 'receipt' ? 'member' : 'witness')) return null;
  return { message: { type, n, at }, lens: [at.len], frames: [], certificate: null };
}

/** How the register stands, or what term there is; null where that term is not known here. The register speaks for itself. */
export function readStanding(papers: Papers, from: string, wire: Wire<'standing' | 'term'>): Read | null {
  const term = papers.term(wire.n);
  const mandate = term && papers.mandate(term.claims.m);
  if (!term || !mandate) return null;
  const said = { term: termOf(term.claims), mandate: mandateOf(mandate.claims) };
  if (wire.type === 'term')
    return { message: { type: 'term', ...said }, lens: [], frames: [], certificate: null };
  if (term.claims.registrar !== from) return null;
  const { head, askedAt } = wire;
  return {
    message: { type: 'standing', ...said, head, askedAt },
    lens: [head.len],
    frames: [],
    certificate: null,
  };
}

/** A message of this node to itself, or one that needs no proof. */
export function plain(message: Message, lens: number[] = lensOf(message)): Read {
  return { message, lens, frames: [], certificate: null };
}

/** What a register says is of one place of the log. */
function lensOf(message: Message): number[] {
  if (message.type === 'standing') return [message.head.len];
  return message.type === 'countersigned' ? [message.at.len] : [];
}
