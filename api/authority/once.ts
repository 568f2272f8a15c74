import type { Rules } from './rules.ts';

/** What is known of a request's (requester, key): in the final part of the log, or in what follows it. */
export interface Known {
  /** Hash of its content. */
  readonly content: string;
  readonly isFinal: boolean;
}

/**
 * What to do with a request. DECIDE: it is new. ANSWER: it was decided, and that is final. WAIT: it was decided, and the
 * answer is given once that is final. REUSED: the key was used for another content.
 */
export type Treatment = 'DECIDE' | 'ANSWER' | 'WAIT' | 'REUSED';

/** One effect for each (requester, key), for ever, whoever holds the right. */
export function treat(known: Known | undefined, content: string, rules: Rules): Treatment {
  if (known === undefined || !rules('once')) return 'DECIDE';
  if (known.content !== content) return 'REUSED';
  return known.isFinal || !rules('answer-final') ? 'ANSWER' : 'WAIT';
}
