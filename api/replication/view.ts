import { NEVER } from '../authority/state.ts';
import { openingDue } from '../authority/final.ts';
import { readEvidence, readStatements, type StoredEvidence } from '../store/authority.ts';
import type { Desk } from './desk.ts';
import { Papers, type PapersDeps } from './papers.ts';

/** How the right stands, as far as this node knows. */
export type AuthorityState =
  /** This node holds it, or hears who does. */
  | 'HELD'
  /** A new holder has yet to have all that it inherited certified. */
  | 'OPENING'
  | 'HANDING_OVER'
  /** The holder is not heard: a request makes the backup take over. */
  | 'SILENT'
  /** This node was restored from an older copy and is finding out what it lacks. */
  | 'RECOVERING'
  /** Signed statements contradict each other: the owner decides. */
  | 'FROZEN'
  /** This node is no member: it knows what it was told. */
  | 'TOLD';

export interface TermView {
  n: number;
  m: number;
  holder: string;
  insync: readonly string[];
  registrar: string;
  why: string;
  at: Date;
  confirmedBy: string | null;
  token: string;
}

/** Who may approve updates of a book, and how it came to that. */
export interface AuthorityView {
  book: string;
  owner: string;
  holder: string;
  term: number;
  since: Date;
  why: string;
  mandate: number;
  mode: 'strict' | 'available';
  primary: string;
  backup: string | null;
  witness: string | null;
  registrar: string;
  insync: readonly string[];
  leaseMs: number;
  takeoverMs: number;
  handBack: 'auto' | 'manual';
  state: AuthorityState;
  /** In plain words. */
  explanation: string;
  /** Whether what this node shows is surely all that is final now. */
  current: boolean;
  /** Entries that are final here, and those that are only proposed. */
  final: number | null;
  proposed: number | null;
  /** At the holder: how many entries the other member lacks; null where it is not known. */
  lag: number | null;
  /** At the holder: how long ago the other member was heard, ms; at the other one, the holder. */
  heardAgoMs: number | null;
  /** What the registrar has countersigned, at the registrar and at the holder. */
  countersigned: number | null;
  mandateToken: string;
  termToken: string;
  terms: TermView[];
  evidence: StoredEvidence[];
}

/** Null for a book that has no mandate, or of which this node knows none. */
export async function viewAuthority(
  deps: PapersDeps & { monotonic: () => number },
  book: string,
  desk: Desk | null,
): Promise<AuthorityView | null> {
  const papers = desk?.papers ?? (await Papers.open(deps, book));
  const { n } = papers.knows;
  const term = papers.term(n);
  // A newer mandate waits for its term.
  const mandate = term && papers.mandate(term.claims.m);
  if (!mandate || !term) return null;
  const { claims } = term;
  const { primary, backup, witness, mode, leaseMs, takeoverMs, handBack } = mandate.claims;
  const terms = await termsOf(deps, papers);
  return {
    book,
    owner: papers.owner,
    holder: claims.holder,
    term: n,
    since: new Date(claims.iat * 1000),
    why: claims.why,
    mandate: claims.m,
    mode,
    primary: primary.organisation,
    backup: backup?.organisation ?? null,
    witness: witness?.organisation ?? null,
    registrar: claims.registrar,
    insync: claims.insync,
    leaseMs,
    takeoverMs,
    handBack,
    ...standing(desk, deps.monotonic()),
    mandateToken: mandate.token,
    termToken: term.token,
    terms,
    evidence: await readEvidence(deps.pool, book),
  };
}

type Standing = Pick<
  AuthorityView,
  'state' | 'explanation' | 'current' | 'final' | 'proposed' | 'lag' | 'heardAgoMs' | 'countersigned'
>;

function standing(desk: Desk | null, now: number): Standing {
  const countersigned = desk?.register?.state.head.len ?? desk?.seat?.state.register?.len ?? null;
  const seat = desk?.seat;
  if (!seat) {
    const explanation = 'This node is no member of the authority: it shows what it was told.';
    const unknown = { current: false, final: null, proposed: null, lag: null, heardAgoMs: null };
    return { state: 'TOLD', explanation, ...unknown, countersigned };
  }
  const { state } = seat;
  const isHolder = state.term.holder === state.self;
  const heardAt = isHolder ? state.other.heardAt : state.heardAt;
  const end = seat.end.len;
  return {
    ...situation(desk, now),
    current: seat.isCurrent(),
    final: state.final.len,
    proposed: end - state.final.len,
    lag: isHolder && state.other.at ? end - state.other.at.len : null,
    heardAgoMs: heardAt === NEVER || state.mandate.backup === null ? null : Math.round(now - heardAt),
    countersigned,
  };
}

function situation(desk: Desk, now: number): { state: AuthorityState; explanation: string } {
  const state = desk.seat?.state;
  if (!state) return { state: 'TOLD', explanation: '' };
  const { term, mandate, self, frozen, recovering, handing, heardAt } = state;
  const isAlone = term.insync.length === 1;
  const anew =
    'If that is lost for good, the owner can go on from what its node has: `lotbook authority appoint --accept-loss`.';
  if (frozen !== null) return { state: 'FROZEN', explanation: `Nothing is approved: ${frozen}.` };
  if (recovering) {
    const explanation =
      isAlone && term.holder === self
        ? `This node alone had everything, and was restored from an older copy. ${anew}`
        : 'This node was restored from an older copy; it catches up before it takes part again.';
    return { state: 'RECOVERING', explanation };
  }
  if (term.holder !== self) {
    if (now - heardAt <= mandate.takeoverMs) {
      return { state: 'HELD', explanation: `${term.holder} holds the right and is heard here.` };
    }
    const { register, final } = state;
    const isBehind = register !== null && register.len > final.len;
    if (!term.insync.includes(self) && (register === null || isBehind)) {
      const explanation = `${term.holder} went on alone and is not heard; this node lacks what it approved since. ${anew}`;
      return { state: 'SILENT', explanation };
    }
    const how =
      mandate.witness === null
        ? 'an operator can make this node take over'
        : 'as soon as a request comes, this node takes over';
    return { state: 'SILENT', explanation: `${term.holder} holds the right but is not heard; ${how}.` };
  }
  if (handing !== null)
    return { state: 'HANDING_OVER', explanation: 'This node is giving the right to the other member.' };
  if (openingDue(state) || (state.opening !== null && state.final.len < state.opening.len)) {
    const explanation =
      'This node holds the right and has what it inherited certified before it approves more.';
    return { state: 'OPENING', explanation };
  }
  const how =
    mandate.backup === null
      ? 'there is no backup'
      : isAlone
        ? `${mandate.primary === self ? mandate.backup : mandate.primary} is not in sync: each change is countersigned by ${term.registrar}`
        : 'the other member stores every change before it counts';
  return { state: 'HELD', explanation: `This node holds the right; ${how}.` };
}

async function termsOf({ pool }: PapersDeps, papers: Papers): Promise<TermView[]> {
  return (await readStatements(pool, papers.book, 'TERM')).flatMap(({ nr, token }) => {
    const claims = papers.term(nr)?.claims;
    if (!claims) return [];
    const { n, m, holder, insync, registrar, why, iat, confirmedBy } = claims;
    return [
      {
        n,
        m,
        holder,
        insync,
        registrar,
        why,
        at: new Date(iat * 1000),
        confirmedBy: confirmedBy ?? null,
        token,
      },
    ];
  });
}
