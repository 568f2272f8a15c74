import { found } from '../delivery/reading.ts';
import { LotbookError } from '../errors.ts';
import { hasRole } from '../sharing/caller.ts';
import type { GraphQLContext } from './context.ts';
import { payload } from './errors.ts';
import type { EvidenceKind, Resolvers } from './generated/resolvers.ts';

const MOST_RECORDS = 100;
const MOST_PROOF_NODES = 128;

export const checkpoint: Resolvers = {
  Query: {
    checkpoint: async (_, { book, size }, context) => {
      if (!(await maySee(context, book))) return null;
      const known = await context.checkpoints.checkpoint(book, size ?? null);
      return known && { ...known, book };
    },
    inclusionProof: async (_, { book, seq, size }, context) => {
      await check(context, book);
      return context.checkpoints.inclusion(book, seq, size);
    },
    consistencyProof: async (_, { book, from, to }, context) => {
      await check(context, book);
      return context.checkpoints.consistency(book, from, to);
    },
    headProofs: async (_, { book, size, records }, { caller, checkpoints, reading }) => {
      if (records.length > MOST_RECORDS)
        throw new LotbookError('TOO_LARGE', `Ask for at most ${MOST_RECORDS}.`, { place: 'records' });
      const seen = await reading.visible({ caller, book, ids: records });
      const proofs = await checkpoints.heads(book, size, seen);
      return proofs.map(({ siblings, leaf }, nr) => ({
        record: seen[nr] as string,
        siblings: [...siblings],
        leaf,
      }));
    },
    verification: async (_, { book }, { caller, checkpoints }) => {
      const known = hasRole(caller, 'VIEWER', book) ? await checkpoints.verification(book) : null;
      return (
        known && {
          ...known,
          book,
          checkpoint: known.checkpoint && { ...known.checkpoint, book },
          evidence: known.evidence.map((each) => ({ ...each, kind: each.kind as EvidenceKind })),
        }
      );
    },
  },
  Mutation: {
    addCheckpoint: (_, { input }, { caller, checkpoints }) =>
      payload(async () => {
        checkNode(caller);
        if (input.proof.length > MOST_PROOF_NODES)
          throw new LotbookError('TOO_LARGE', 'No proof is as long as that.', { place: 'input.proof' });
        return checkpoints.addCheckpoint(caller.organisation, input);
      }),
    showCheckpoint: (_, { book, note }, { caller, checkpoints }) =>
      payload(async () => {
        checkNode(caller);
        return { note: await checkpoints.shown(caller.organisation, book, note) };
      }),
  },
};

/** Whoever may read a part of the book, or has a part in its authority. */
async function maySee({ caller, reading, replication }: GraphQLContext, book: string): Promise<boolean> {
  if (caller.own) return hasRole(caller, 'VIEWER', book);
  return (await reading.book(caller, book)) !== null || (await replication.mayAsk(book, caller.organisation));
}

async function check(context: GraphQLContext, book: string): Promise<void> {
  found((await maySee(context, book)) || null, 'book');
}

/** Nodes speak for their organisations, with their own keys; programs do not. */
function checkNode({ clientId, organisation }: GraphQLContext['caller']): void {
  if (clientId === organisation) return;
  throw new LotbookError('NOT_PERMITTED', 'This is for nodes.');
}
