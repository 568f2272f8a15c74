import { LotbookError } from '../errors.ts';
import type { Desk, DeskDeps } from './desk.ts';
import { known } from './papers.ts';
import { Register } from './register.ts';

/**
 * In a book without a witness nobody but people can tell a dead primary from one that is cut off. An operator's word makes
 * the backup the holder, and the keeper of the register: the primary, once it is back, follows the higher term.
 * Throws UNABLE, CONFLICT, BAD_INPUT.
 */
export async function confirmTakeOver(deps: DeskDeps, desk: Desk, by: string): Promise<void> {
  const { seat, papers } = desk;
  const state = seat?.state;
  if (!seat || !state)
    throw new LotbookError('NOT_FOUND', 'This node is no member of the authority of this book.');
  const { mandate, term, final } = state;
  if (mandate.witness !== null) {
    const message = `This book has a witness, ${mandate.witness}: the right moves by itself while the holder is unable.`;
    throw new LotbookError('BAD_INPUT', message, { place: 'book' });
  }
  if (term.holder === deps.organisation)
    throw new LotbookError('CONFLICT', 'This node holds the right already.');
  if (deps.monotonic() - state.heardAt <= mandate.takeoverMs) {
    throw new LotbookError('CONFLICT', `${term.holder} is there: ask it to hand the right over.`);
  }
  if (state.recovering || state.frozen !== null || !term.insync.includes(deps.organisation)) {
    throw new LotbookError('UNABLE', 'This node may lack approved changes: it cannot take the right.');
  }
  await desk.do(async () => {
    const frontier = known((await seat.log.frontierAt(final)) ?? undefined, 'the log');
    const record = {
      self: deps.organisation,
      mandate,
      next: null,
      head: final,
      covers: false,
      term: {
        n: papers.knows.n + 1,
        m: mandate.m,
        holder: deps.organisation,
        insync: [deps.organisation],
        registrar: deps.organisation,
        why: 'take-over' as const,
      },
    };
    desk.takeRegister(await Register.create(deps, papers, record, frontier, by));
  });
  await desk.learnTerm();
}
