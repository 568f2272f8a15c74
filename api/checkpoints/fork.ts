import { keepEvidence } from '../store/authority.ts';
import type { CheckpointDeps } from './deps.ts';

/** Keeps two genuine notes of logs of one length that differ: whoever signed both stands convicted by them. */
export async function noteFork(
  { pool, clock, log }: CheckpointDeps,
  { book, size, first, second }: { book: string; size: number; first: string; second: string },
): Promise<void> {
  const detail = `${book}: two logs of ${size} entries`;
  const evidence = { kind: 'CHECKPOINT', detail, first, second, at: new Date(clock()) };
  if (await keepEvidence(pool, book, evidence))
    log.error({ book, size }, 'two checkpoints contradict each other: both are kept');
}
