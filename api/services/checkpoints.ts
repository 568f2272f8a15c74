import { openCheckpoints, type Checkpoints } from '../checkpoints/checkpoints.ts';
import type { CheckpointDeps } from '../checkpoints/deps.ts';
import type { Context } from '../context.ts';
import { type Checker, type CheckerOptions, openChecker } from '../delivery/checkpoints/checker.ts';
import { isObject } from '../events/value.ts';
import { verificationKey } from '../identity/jwk.ts';
import type { NoteSigner } from '../ledger/note.ts';
import { statementKeys } from '../store/clients.ts';
import { mainKey } from './keys.ts';

const ADD_CHECKPOINT = `mutation Add($input: AddCheckpointInput!) {
  addCheckpoint(input: $input) { cosignatures size error { code } }
}`;
const WITNESS_TIMEOUT_MS = 5_000;

/** Checkpoints of this node's books, and the verification of those of the books that it follows. */
export function openCheckpointing(
  context: Context,
  followed: Omit<CheckerOptions, 'gossip' | 'cosigns' | 'noteSigner' | 'monotonic' | 'overdueMs'>,
  /** How an entry gets into the log of a book. */
  sequencing: Pick<CheckpointDeps, 'isBusy' | 'isLeading' | 'mayState' | 'state'>,
): { checker: Checker; checkpoints: Checkpoints } {
  const { config, node, keys, log, now: clock, database, bell, peers } = context;
  const noteSigner = (): NoteSigner => ({
    name: node.organisation,
    key: verificationKey(keys.publicJwk),
    signer: keys.now().signer,
  });
  const monotonic = (): number => performance.now();
  const checker = openChecker({
    ...followed,
    monotonic,
    overdueMs: config.checkpointOverdueSeconds * 1_000,
    gossip: config.gossip,
    cosigns: config.cosign === 'followed',
    noteSigner,
  });
  const deps: CheckpointDeps = {
    ...sequencing,
    pool: database.pool,
    bell,
    log,
    clock,
    monotonic,
    organisation: node.organisation,
    noteSigner,
    checkpointMs: config.checkpointSeconds * 1_000,
    keysOf: (id) => statementKeys(database.prisma, id),
    keyNow: (id) => mainKey(database.prisma, id),
    addCheckpoint: async (witness, given) => {
      const limits = { timeoutMs: WITNESS_TIMEOUT_MS };
      const { addCheckpoint } = await peers.call(witness, ADD_CHECKPOINT, { input: given }, limits);
      const { cosignatures, size } = isObject(addCheckpoint) ? addCheckpoint : {};
      return {
        cosignatures: typeof cosignatures === 'string' ? cosignatures : null,
        size: typeof size === 'number' ? size : null,
      };
    },
  };
  return { checker, checkpoints: openCheckpoints(deps, checker) };
}
