import { CommandError } from '../output.ts';
import type { OwnNode } from '../own-node.ts';

export const STANDING = `{
  book holder term since why state explanation current mode primary backup witness registrar insync
  final proposed lag heardAgoMs countersigned leaseMs takeoverMs handBack mandate mandateToken termToken
  terms { n holder insync registrar why since confirmedBy token }
  evidence { kind detail first second at }
}`;

/** Who holds the right to approve for a book, as the node tells it (schema/authority.graphql). */
export interface Standing {
  book: string;
  holder: string;
  term: number;
  since: string;
  state: string;
  explanation: string | null;
  mode: string;
  primary: string;
  backup: string | null;
  witness: string | null;
  insync: string[];
  final: number | null;
  proposed: number | null;
  lag: number | null;
  heardAgoMs: number | null;
  leaseMs: number;
  takeoverMs: number;
  handBack: string;
  terms: {
    n: number;
    holder: string;
    insync: string[];
    registrar: string;
    why: string;
    since: string;
    confirmedBy: string | null;
  }[];
  evidence: { kind: string; detail: string; at: string }[];
}

/** A book by its id, or by the last part of it where it is the node's own. */
export function bookId({ organisation }: OwnNode, given: string): string {
  return given.includes('/') ? given : `${organisation}/${given}`;
}

/** Null where the node knows no mandate for the book. */
export async function findStanding(node: OwnNode, book: string): Promise<Standing | null> {
  const { authority } = await node.query(`query ($book: ID!) { authority(book: $book) ${STANDING} }`, {
    book,
  });
  return authority as unknown as Standing | null;
}

export async function readStanding(node: OwnNode, book: string): Promise<Standing> {
  const standing = await findStanding(node, book);
  if (standing) return standing;
  throw new CommandError(
    `This node knows no mandate for ${book}: its owner alone approves there.`,
    'Check the name. The owner names a backup with `lotbook authority appoint`, at its own node.',
  );
}

/** How the member that does not hold the right fares. */
export function otherMember(standing: Standing): string {
  const { holder, primary, backup, insync, lag, heardAgoMs, takeoverMs } = standing;
  if (backup === null) return 'no backup';
  const other = holder === primary ? backup : primary;
  const has = insync.includes(other)
    ? lag === null || lag === 0
      ? 'has everything'
      : `is ${entries(lag)} behind`
    : lag === null
      ? 'is not in sync'
      : `is not in sync, lacks ${entries(lag)}`;
  const isSilent = lag !== null && heardAgoMs !== null && heardAgoMs > takeoverMs;
  return `${other} ${has}${isSilent ? `, not heard for ${durationOf(heardAgoMs)}` : ''}`;
}

function entries(count: number): string {
  return count === 1 ? '1 entry' : `${count.toLocaleString('en-US')} entries`;
}

/** `250 ms`, `10 s` */
export function durationOf(ms: number): string {
  return ms < 1_000 ? `${Math.round(ms)} ms` : `${Number((ms / 1_000).toFixed(1))} s`;
}

/** `HAND_OVER` as people write it. */
export function lower(word: string): string {
  return word.toLowerCase().replaceAll('_', '-');
}
