import type { Fields } from '../events/fields.ts';
import type { RecordKind } from '../ledger/change.ts';
import { canReplyGo, type ReplyState } from './notice-state.ts';

/** What whoever answers a notice sets; the rest of a reply is the word of who sent the notice. */
export const ANSWER_FIELDS = [
  'state',
  'by',
  'acknowledgedAt',
  'answeredAt',
  'confirmedAt',
  'impact',
  'found[].lot',
  'found[].quantity',
  'found[].uom',
  'found[].disposition',
  'remark',
  'upward',
  'below.notified',
  'below.acknowledged',
  'below.answered',
  'below.confirmed',
  'foundBelow[].quantity',
  'foundBelow[].uom',
  'foundBelow[].disposition',
] as const;

/**
 * Why a record of a case cannot become this, whoever asks; null where it can. Of its own the shape of a record says nothing of
 * what it was before.
 */
export function lifeFault(kind: RecordKind, before: Readonly<Fields> | null, after: Fields): string | null {
  if (kind === 'NOTICE') return noticeFault(after);
  if (kind === 'REPLY') return replyFault(before, after);
  if (kind === 'EMERGENCY') return emergencyFault(before, after);
  return null;
}

/** Nobody approves what he drafted himself, and nothing is issued without an approval. */
function noticeFault(after: Fields): string | null {
  const { state, draftedBy, approvedBy } = after;
  if (state !== 'APPROVED' && state !== 'ISSUED' && state !== 'CLOSED') return null;
  return approvedBy === undefined || approvedBy === draftedBy
    ? 'A notice is approved by a second person.'
    : null;
}

const EMERGENCY_TERMS = ['case', 'class', 'reason', 'rules', 'parties', 'until', 'proposedBy'] as const;

/** One person proposes, another one declares, what was proposed and nothing else; and what has ended does not begin again. */
function emergencyFault(before: Readonly<Fields> | null, after: Fields): string | null {
  const { state, proposedBy, approvedBy } = after;
  if (!before)
    return state === 'PROPOSED' && approvedBy === undefined ? null : 'An emergency is proposed first.';
  const isChanged = EMERGENCY_TERMS.some(
    (name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]),
  );
  if (isChanged) return 'What was proposed is not changed: end it, and propose another one.';
  const isOn =
    (before['state'] === 'PROPOSED' && state === 'DECLARED') ||
    (before['state'] !== 'ENDED' && state === 'ENDED');
  if (!isOn) return `An emergency that is ${String(before['state'])} does not become ${String(state)}.`;
  if (before['approvedBy'] !== undefined && before['approvedBy'] !== approvedBy)
    return 'Who declared an emergency stays named.';
  const isByOne = state === 'DECLARED' && (approvedBy === undefined || approvedBy === proposedBy);
  return isByOne ? 'An emergency is declared by a second person.' : null;
}

function replyFault(before: Readonly<Fields> | null, after: Fields): string | null {
  const { state, impact } = after;
  const from = (before?.['state'] ?? 'AWAITED') as ReplyState;
  if (!canReplyGo(from, state as ReplyState))
    return `A reply that is ${from} does not become ${String(state)}.`;
  const isAnswered = state === 'ANSWERED' || state === 'CONFIRMED';
  if (isAnswered && impact === undefined) return 'An answer says what the impact is.';
  if (state === 'CONFIRMED' && impact === 'INVESTIGATING')
    return 'What is still looked into is not confirmed.';
  return impact === 'NONE' && after['found[].lot'] !== undefined
    ? 'Without an impact nothing was found.'
    : null;
}
