/**
 * The rules on which the safety of the authority protocol rests, by name. A node always runs with all of them; the
 * simulation takes one away at a time to show that it finds what that rule prevents.
 */
export const RULES = {
  'receipt-first': 'The holder approves only what every in-sync member has stored in the current term.',
  'witness-when-alone': 'A holder that is alone approves only what the registrar has countersigned.',
  'one-next-term': 'The registrar gives each term number once: the first valid proposal wins.',
  'current-receipts': 'A receipt of an earlier term certifies nothing.',
  'in-sync-only': 'Only a member that holds every final change takes over.',
  'registrar-head': 'Who takes over, is added or resumes holds all that the registrar has countersigned.',
  silence: 'A member takes over only after it has heard nothing from the holder itself, whatever others say.',
  'lease-over': 'No term leaves out a node whose lease may still run, no mandate shortens one.',
  'lease-from-sending': 'A lease counts from when its renewal was sent, not from when the answer came.',
  'restart-wait': 'After its own restart the registrar counts on a lease that it no longer remembers.',
  'fence-reads': 'Without a lease nothing is shown as current.',
  'register-first':
    'A new holder says and writes nothing before the registrar has told it, in its own term, what is countersigned.',
  'certified-reads':
    'Before all that it inherited is certified in its own term, a holder shows nothing as current.',
  'follow-higher': 'What comes from an earlier term is answered with the current one and not obeyed.',
  'final-stays': 'A follower gives up no final entry; a contradiction to one raises the alarm.',
  'keep-inherited': 'Who takes over keeps what it was sent and did not know to be final: it may be.',
  'store-first': 'State is stored before a message about it leaves.',
  recovering:
    'A member restored from an older copy first leaves the in-sync set, or starts a new term on what the registrar knows.',
  'restored-mute':
    'A restored member gives no receipt before it has left: it may have followed a later term than it remembers.',
  'resume-covered':
    'A holder that is alone and was restored goes on only where nothing can be final that the registrar does not know.',
  once: 'One effect for each (requester, key) for ever.',
  'answer-final': 'A requester is told only of what is final.',
} as const;

export type Rule = keyof typeof RULES;

/** Which rules hold. Nodes use `ALL_RULES`. */
export type Rules = (rule: Rule) => boolean;

export const ALL_RULES: Rules = () => true;

export function without(removed: Rule): Rules {
  return (rule) => rule !== removed;
}
