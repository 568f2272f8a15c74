import { appended } from './follower.ts';
import { countersigned, leased, missing, receipted, written } from './holder.ts';
import type { Rules } from './rules.ts';
import { stood } from './standing.ts';
import { isHolder, learn, type MemberRecord, type MemberState, type Received, type Step } from './state.ts';
import { tick } from './timers.ts';
import type { Head, HeadAt, Message, NodeId } from './words.ts';

export { mayRead, mayWrite } from './final.ts';
export { beginAnew, endOf, isHolder, restored, startMember } from './state.ts';
export type { MemberRecord, MemberState, Step } from './state.ts';

/** `mine` answers for lengths that the event names, before the event. */
export type MemberEvent =
  | { readonly type: 'tick' }
  /** New entries at the end of the log, sealed in this term. The first of a term is its opening entry. */
  | { readonly type: 'write'; readonly from: Head; readonly to: Head }
  | { readonly type: 'message'; readonly from: NodeId; readonly message: Message; readonly mine: HeadAt }
  /** An operator, or the policy of the mandate, gives the right to the other member. */
  | { readonly type: 'hand-over' };

/** One event of a member of a book's authority. The state is stored before anything in `out` leaves. */
export function stepMember(state: MemberState, event: MemberEvent, now: number, rules: Rules): Step {
  switch (event.type) {
    case 'tick':
      return tick(state, now, rules);
    case 'write':
      return written(state, event, now, rules);
    case 'hand-over':
      return isHolder(state) && state.handing === null && state.term.insync.length === 2
        ? tick({ ...state, handing: now }, now, rules)
        : { state, out: [] };
    case 'message':
      return HANDLERS[event.message.type](
        state,
        { from: event.from, message: event.message as never, mine: mineOf(state, event.mine) },
        now,
        rules,
      );
  }
}

/** The log as the state knows it, and below that as the driver read it. */
function mineOf({ final, tail }: MemberRecord, mine: HeadAt): HeadAt {
  return (len) => {
    if (len < final.len) return mine(len);
    if (len === final.len) return final.head;
    return tail.find(({ to }) => to.len === len)?.to.head ?? null;
  };
}

/** Every message that a member can get. What is for the registrar does nothing here. */
const HANDLERS: {
  readonly [M in Message['type']]: (
    state: MemberState,
    received: Received<M>,
    now: number,
    rules: Rules,
  ) => Step;
} = {
  append: appended,
  receipt: receipted,
  missing,
  term: (state, { message }, now, rules) => ({ state: learn(state, message, now, rules), out: [] }),
  standing: stood,
  lease: leased,
  countersigned,
  unable: (state, { message }, now) => ({
    state: message.n >= state.term.n ? { ...state, noticeAt: now } : state,
    out: [],
  }),
  renew: unchanged,
  ask: unchanged,
  countersign: unchanged,
  propose: unchanged,
};

function unchanged(state: MemberState): Step {
  return { state, out: [] };
}
