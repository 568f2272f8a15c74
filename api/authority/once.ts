import type { Rules } from './rules.ts';

/** What is known of a request's (requester, key): in the final part of the log, or in what follows it. */
export interface Known {
  /** Hash of its content. */
  readonly content: string;
  readonly isFinal: boolean;
}

/**
 * What to do with a request. DECIDE: it is new. WAIT: its key was used, and what that means is known once that is final.
 * ANSWER: it was decided. REUSED: the key was used for another content.
 */
export type Treatment = 'DECIDE' | 'ANSWER' | 'WAIT' | 'REUSED';

/** One effect for each (requester, key), for ever, whoever holds the right. */
export function treat(known: Known | undefined, content: string, rules: Rules): Treatment {
  if (known === undefined || !rules('once')) return 'DECIDE';
  if (!known.isFinal && rules('answer-final')) return 'WAIT';
  return known.content === content ? 'ANSWER' : 'REUSED';
}
