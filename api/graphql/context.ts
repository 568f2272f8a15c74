import type { IncomingMessage } from 'node:http';
import type { Approval } from '../approval/approval.ts';
import type { Books } from '../books/books.ts';
import type { Cases } from '../cases/cases.ts';
import type { Checkpoints } from '../checkpoints/checkpoints.ts';
import type { Config } from '../config.ts';
import type { Hub } from '../delivery/hub.ts';
import type { Inquiries } from '../delivery/inquiry/inquiries.ts';
import type { Reading } from '../delivery/reading.ts';
import type { EventQuery } from '../delivery/select-events.ts';
import type { Tracing } from '../delivery/tracing.ts';
import type { Webhooks } from '../delivery/webhooks/webhooks.ts';
import type { Exports } from '../exports/exports.ts';
import type { Partners } from '../partners/partners.ts';
import type { People } from '../people/people.ts';
import type { Replication } from '../replication/replication.ts';
import type { Retention } from '../approval/retention.ts';
import type { Selection } from '../recall/selection.ts';
import type { Caller } from '../sharing/caller.ts';
import type { Bell } from '../store/bell.ts';
import type { OwnKeys } from '../store/own-keys.ts';
import type { Grants } from '../store/grants.ts';

/** What resolvers need of the node; put together in api/context.ts. */
export interface Services {
  node: NodeInfo;
  /** @throws LotbookError UNAUTHENTICATED */
  authenticate(req: Pick<IncomingMessage, 'headers' | 'method'>): Promise<Caller>;
  /** Counts the calls of each; rejects with TOO_MANY_CALLS. */
  callLimit: { take(caller: Caller, calls: number): Promise<void> };
  reading: Reading;
  tracing: Tracing;
  books: Books;
  cases: Omit<Cases, 'start' | 'stop' | 'openLink' | 'answerByLink'>;
  inquiries: Inquiries;
  exports: Omit<Exports, 'file' | 'close'>;
  /** @throws LotbookError BAD_INPUT, NOT_FOUND */
  selectEvents(query: EventQuery): Promise<Selection>;
  approval: Omit<Approval, 'sequencer'>;
  retention: Omit<Retention, 'run' | 'start' | 'stop'>;
  grants: Pick<Grants, 'of'>;
  hub: Pick<Hub, 'serveFeed'>;
  ackFeed(ack: { caller: Caller; book: string; cursor: string }): Promise<string>;
  partners: Partners;
  webhooks: Omit<Webhooks, 'start' | 'stop'>;
  people: People;
  /** The network address that a request is from. */
  addressOf(req: IncomingMessage): string;
  keys: Pick<OwnKeys, 'log' | 'rotate'>;
  checkpoints: Omit<Checkpoints, 'start' | 'stop'>;
  /** Books of which a mandate is known here. */
  mandatedBooks(): Promise<string[]>;
  replication: Pick<Replication, 'view' | 'mayAsk' | 'appoint' | 'handOver' | 'takeOver'>;
  bell: Pick<Bell, 'on'>;
  /** ms */
  clock: () => number;
  randomId: () => string;
  config: Pick<Config, 'maxBodyBytes' | 'heartbeatMs' | 'sessionDocuments'>;
  log: { error(details: object, message: string): void };
  /** Aborted when the node begins to stop. */
  signal: AbortSignal;
}

/** What a node says of itself. */
export interface NodeInfo {
  organisation: string;
  name: string;
  url: string;
  /** Version of the protocol: schema/PROTOCOL.md. */
  protocol: string;
  version: string;
}

/** What a resolver gets of the call. */
export interface GraphQLContext extends Services {
  caller: Caller;
  requestId: string;
  /** The network address that the call is from. */
  address: string;
}
