import { LotbookError } from '../errors.ts';
import { ownerOf } from '../identity/request-token.ts';
import type { AppointInput, AuthorityView } from '../replication/replication.ts';
import { hasRole, type Caller } from '../sharing/caller.ts';
import type { GraphQLContext } from './context.ts';
import { payload } from './errors.ts';
import type {
  AppointAuthorityInput,
  Authority,
  AuthorityMode,
  EvidenceKind,
  HandBack,
  Resolvers,
  TermReason,
} from './generated/resolvers.ts';

const LONGEST_MS = 86_400_000;
const MAX_DRIFT = 0.2;
const MOST_TERMS = 1_000;

/** Of statements that contradict each other, those that tell nothing of single entries. */
const OF_THE_RIGHT: ReadonlySet<string> = new Set<EvidenceKind>(['MANDATE', 'TERM']);

export const authority: Resolvers = {
  Query: {
    authority: (_, { book }, context) => authorityOf(context, book),
    authorities: async (_root, _args, context) => {
      const books = await context.mandatedBooks();
      const known = await Promise.all(books.map((book) => authorityOf(context, book)));
      return known.filter((each) => each !== null);
    },
  },
  Mutation: {
    appointAuthority: (_, { input }, { caller, replication }) =>
      answer(caller, () => replication.appoint(appointmentOf(input))),
    handOverAuthority: (_, { book }, { caller, replication }) =>
      answer(caller, () => replication.handOver(book)),
    takeOverAuthority: (_, { book }, { caller, replication }) =>
      answer(caller, () => replication.takeOver(book, caller.clientId)),
  },
  Authority: {
    terms: ({ terms }, { last }) => {
      if (last < 1 || last > MOST_TERMS)
        throw new LotbookError('BAD_INPUT', `Ask for 1 to ${MOST_TERMS}.`, { place: 'last' });
      return terms.slice(-last);
    },
  },
};

/** Null for everybody who has no part in the book, whether it is there or not. */
async function authorityOf(
  { caller, reading, replication }: GraphQLContext,
  book: string,
): Promise<Authority | null> {
  if (caller.own && !hasRole(caller, 'VIEWER', book)) return null;
  const isSeen =
    caller.own ||
    (await replication.mayAsk(book, caller.organisation)) ||
    (await reading.book(caller, book)) !== null;
  const view = isSeen ? await replication.view(book) : null;
  return view && show(view, caller);
}

function answer(caller: Caller, work: () => Promise<AuthorityView>) {
  return payload(async () => ({ authority: show(await work(), caller) }));
}

/** The node's own people and the members, who hold every entry. */
function isInside({ own, organisation }: Caller, { primary, backup }: AuthorityView): boolean {
  return own || organisation === primary || organisation === backup;
}

function show(view: AuthorityView, caller: Caller): Authority {
  const { explanation, final, proposed, lag, heardAgoMs, countersigned, evidence } = view;
  const inside = isInside(caller, view);
  return {
    ...view,
    why: upper<TermReason>(view.why),
    mode: upper<AuthorityMode>(view.mode),
    handBack: upper<HandBack>(view.handBack),
    insync: [...view.insync],
    ...(inside
      ? { explanation, final, proposed, lag, heardAgoMs, countersigned }
      : {
          explanation: null,
          final: null,
          proposed: null,
          lag: null,
          heardAgoMs: null,
          countersigned: null,
        }),
    terms: view.terms.map(({ at, why, insync, ...term }) => ({
      ...term,
      insync: [...insync],
      why: upper<TermReason>(why),
      since: at,
    })),
    evidence: evidence
      .filter(({ kind }) => inside || OF_THE_RIGHT.has(kind))
      .map((each) => ({ ...each, kind: each.kind as EvidenceKind })),
  };
}

/** `hand-over` is `HAND_OVER` in the contract. */
function upper<T extends string>(word: string): T {
  return word.toUpperCase().replaceAll('-', '_') as T;
}

/** What the mandate's form cannot hold is said with its place. */
function appointmentOf(input: AppointAuthorityInput): AppointInput {
  const { book, backup = null, witness = null, takeoverMs } = input;
  const primary = input.primary ?? ownerOf(book);
  // What has a default in the contract is there.
  const { mode, leaseMs, drift, handBack, acceptLoss } = input as Required<AppointAuthorityInput>;
  const times = { leaseMs, takeoverMs: takeoverMs ?? leaseMs };
  for (const [name, value] of Object.entries(times)) {
    if (value < 1 || value > LONGEST_MS) throw wrong(name, `It is 1 to ${LONGEST_MS} milliseconds.`);
  }
  if (!(drift >= 0 && drift <= MAX_DRIFT)) throw wrong('drift', `It is 0 to ${MAX_DRIFT}.`);
  if (backup === primary) throw wrong('backup', `${primary} is the primary: name another organisation.`);
  if (witness === primary)
    throw wrong('witness', 'Name another organisation, or none: then the primary keeps the register.');
  return {
    book,
    primary,
    backup,
    witness,
    mode: mode === 'STRICT' ? 'strict' : 'available',
    ...times,
    drift,
    handBack: handBack === 'AUTO' ? 'auto' : 'manual',
    acceptLoss,
  };
}

function wrong(name: string, message: string): LotbookError {
  return new LotbookError('BAD_INPUT', message, { place: `input.${name}` });
}
