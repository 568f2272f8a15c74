import type { AuthorityPartsFragment, TermReason } from '../../operations/generated/documents.ts';

/** How a right stands, in one plain sentence, and whether somebody has to do something. */
export function stateOf(authority: AuthorityPartsFragment): { text: string; isAlarm: boolean } {
  const { state, holder, explanation, insync } = authority;
  const isAlarm = state === 'SILENT' || state === 'FROZEN' || state === 'RECOVERING';
  if (explanation) return { text: explanation, isAlarm };
  const others = insync.length > 1 ? 'both members hold every entry' : `${holder} holds every entry alone`;
  return { text: `${holder} approves; ${others}.`, isAlarm };
}

export const REASONS: Readonly<Record<TermReason, string>> = {
  APPOINT: 'appointed by the owner',
  DROP: 'went on without the other member',
  ADD: 'the other member holds everything again',
  HAND_OVER: 'the right was handed over',
  TAKE_OVER: 'the holder was unable',
  RESIGN: 'a restored member stepped back',
  RESUME: 'a restored holder lacked nothing',
  MANDATE: 'the owner named others',
};
