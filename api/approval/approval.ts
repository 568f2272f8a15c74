import type { Caller } from '../sharing/caller.ts';
import type { StoredBook } from '../store/books.ts';
import { changeGrant, createBook, type GrantChange } from './books.ts';
import { approveRequest, pendingOf, readRequest, rejectByPerson } from './decide-by-person.ts';
import { deliver } from './deliver.ts';
import type { Here } from './here.ts';
import type { Outbox } from './outbox.ts';
import { requestUpdates } from './request-updates.ts';
import { openSequencer, type Sequencer } from './sequencer.ts';
import type { RequestView, UpdateInput } from './update.ts';

export type { GrantChange } from './books.ts';
export type { RecordChange, RequestView, UpdateInput } from './update.ts';

/** From a request to its decision: checks, then the sequencer, or the outbox for another node's book. */
export interface Approval {
  requestUpdates(caller: Caller, updates: readonly UpdateInput[]): Promise<RequestView[]>;
  deliver(caller: Caller, tokens: readonly string[]): Promise<RequestView[]>;
  approve(caller: Caller, id: string, reason: string | null): Promise<RequestView>;
  reject(caller: Caller, id: string, reason: string): Promise<RequestView>;
  request(caller: Caller, id: string): Promise<RequestView | null>;
  pending(
    book: string,
    first: number,
    after: { createdAt: Date; id: string } | null,
  ): Promise<{ items: RequestView[]; hasNextPage: boolean }>;
  createBook(caller: Caller, input: { name: string; title: string }): Promise<StoredBook>;
  changeGrant(caller: Caller, change: GrantChange): Promise<RequestView>;
  sequencer: Sequencer;
}

export function openApproval(deps: Omit<Here, 'sequencer'>, outbox: Outbox): Approval {
  const sequencer = openSequencer(deps);
  const here: Here = { ...deps, sequencer };
  return {
    requestUpdates: (caller, updates) => requestUpdates(here, outbox, caller, updates),
    deliver: (caller, tokens) => deliver(here, caller, tokens),
    approve: (caller, id, reason) => approveRequest(here, caller, id, reason),
    reject: (caller, id, reason) => rejectByPerson(here, caller, id, reason),
    request: (caller, id) => readRequest(here, caller, id),
    pending: (book, first, after) => pendingOf(here, book, first, after),
    createBook: (caller, input) => createBook(here, caller, input),
    changeGrant: (caller, change) => changeGrant(here, caller, change),
    sequencer,
  };
}
