import type { MemberState } from '../authority/member.ts';
import type { Head } from '../authority/words.ts';
import type { TailFrame } from './frames.ts';
import { known } from './papers.ts';

/** What a step of a member's state machine means for what is stored. */
export interface StepChanges {
  /** Frames that became final, in order. */
  finals: TailFrame[];
  /** Frames that are not stored yet, final ones too. */
  fresh: TailFrame[];
  /** Places of proposals that were given up. */
  dropped: number[];
  /**
   * False where stored frames only became final: that is certified elsewhere, and found out again after a crash. It need not
   * wait for the disk.
   */
  isDurable: boolean;
}

/** Null where nothing that is stored changed. `frames` holds those of the tail and those that came with the step. */
export function changesOf(
  before: MemberState,
  after: MemberState,
  frames: ReadonlyMap<string, TailFrame>,
): StepChanges | null {
  if (!isStoredDifferently(before, after)) return null;
  const finals = finalised(before.final, after.final, frames);
  const held = new Set(before.tail.map(({ to }) => to.head));
  const now = [...finals, ...after.tail.map(({ to }) => known(frames.get(to.head), 'a frame'))];
  const kept = new Set(now.map(({ to }) => to.head));
  const fresh = now.filter(({ to }) => !held.has(to.head));
  const dropped = before.tail.filter(({ to }) => !kept.has(to.head)).map(({ to }) => to.len);
  const onlyFinal = !isStoredDifferently({ ...before, final: after.final, tail: after.tail }, after);
  return { finals, fresh, dropped, isDurable: fresh.length + dropped.length > 0 || !onlyFinal };
}

function isStoredDifferently(a: MemberState, b: MemberState): boolean {
  return (
    a.term !== b.term ||
    a.mandate !== b.mandate ||
    a.final !== b.final ||
    a.tail !== b.tail ||
    a.opening !== b.opening ||
    a.recovering !== b.recovering ||
    a.frozen !== b.frozen
  );
}

/** The frames that became final: back from the new place, each behind the one before. */
function finalised(from: Head, to: Head, frames: ReadonlyMap<string, TailFrame>): TailFrame[] {
  const found: TailFrame[] = [];
  for (let at = to; at.len > from.len; at = (found[0] as TailFrame).prev) {
    found.unshift(known(frames.get(at.head), 'a final frame'));
  }
  return found;
}
