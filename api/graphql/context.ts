import type { IncomingMessage } from 'node:http';
import type { Approval } from '../approval/approval.ts';
import type { Config } from '../config.ts';
import type { Hub } from '../delivery/hub.ts';
import type { Reading } from '../delivery/reading.ts';
import type { Tracing } from '../delivery/tracing.ts';
import type { Partners } from '../partners/partners.ts';
import type { Replication } from '../replication/replication.ts';
import type { Caller } from '../sharing/caller.ts';
import type { Bell } from '../store/bell.ts';
import type { Grants } from '../store/grants.ts';

/** What resolvers need of the node; put together in api/context.ts. */
export interface Services {
  node: NodeInfo;
  /** @throws LotbookError UNAUTHENTICATED */
  authenticate(req: Pick<IncomingMessage, 'headers'>): Promise<Caller>;
  reading: Reading;
  tracing: Tracing;
  approval: Omit<Approval, 'sequencer'>;
  grants: Pick<Grants, 'of'>;
  hub: Pick<Hub, 'serveFeed'>;
  ackFeed(ack: { caller: Caller; book: string; cursor: string }): Promise<string>;
  partners: Partners;
  /** Books of which a mandate is known here. */
  mandatedBooks(): Promise<string[]>;
  replication: Pick<Replication, 'view' | 'isNamed' | 'appoint' | 'handOver' | 'takeOver'>;
  bell: Pick<Bell, 'on'>;
  /** ms */
  clock: () => number;
  randomId: () => string;
  config: Pick<Config, 'maxBodyBytes' | 'heartbeatMs'>;
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
}
