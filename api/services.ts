import { setMaxListeners } from 'node:events';
import { Gauge } from 'prom-client';
import { openApproval, type Approval } from './approval/approval.ts';
import { openOutbox, type Outbox } from './approval/outbox.ts';
import type { Context } from './context.ts';
import { ackFeed } from './delivery/acknowledge.ts';
import { openHub } from './delivery/hub.ts';
import { openReading } from './delivery/reading.ts';
import { openSubscriber } from './delivery/subscriber.ts';
import { trace } from './delivery/trace.ts';
import { LotbookError } from './errors.ts';
import { isObject } from './events/value.ts';
import type { Services } from './graphql/context.ts';
import type { EpcisServices } from './http/epcis/exchange.ts';
import type { PinnedKeys } from './identity/jws.ts';
import { verificationKey } from './identity/jwk.ts';
import { ROLES } from './sharing/caller.ts';
import { mainKeys, statementKeys } from './store/clients.ts';
import { openGrants, type Grants } from './store/grants.ts';

const SEND_TIMEOUT_MS = 15_000;

const DELIVER = `mutation Deliver($tokens: [String!]!) {
  deliverRequests(tokens: $tokens) {
    requests {
      state decidedAt decidedBy reason
      outcome { record version seq }
      error { code message place retryAfterMs currentVersion }
    }
  }
}`;

/** The working rooms of a node, put together: what GraphQL and EPCIS serve, and what runs by itself. */
export interface NodeServices {
  graphql: Services;
  epcis: EpcisServices;
  /** Opens the books that `lotbook init` named, begins to follow partners' books and to deliver queued requests. */
  start(): Promise<void>;
}

export function openServices(context: Context, draining: AbortSignal): NodeServices {
  // Every open stream listens to it.
  setMaxListeners(0, draining);
  const { config, home, node, log, now: clock, randomId, database: db, bell, peers, partners } = context;
  const grants = openGrants(db.pool);
  const { approval, outbox } = openApprovalRoom(context, grants);
  const sources = { db, grants, organisation: node.organisation, clock, bell, log, config };
  const hub = openHub(sources);
  const keysOf = (id: string): Promise<PinnedKeys> => statementKeys(db.prisma, id);
  const subscriber = openSubscriber({ ...sources, peers, keysOf, random: Math.random });
  context.onClose(async () => {
    await Promise.all([hub.close(), subscriber.stop(), outbox.stop(), approval.sequencer.drain()]);
  });
  register(context, approval, hub);
  const reading = openReading(sources);
  const served = { approval, reading, clock, randomId, config };
  return {
    epcis: { ...served, db },
    graphql: {
      ...served,
      node,
      grants,
      hub,
      trace: (query) => trace(sources, query),
      partners,
      bell,
      log,
      signal: draining,
      authenticate: (req) => context.authenticator.authenticate(req),
      ackFeed: (ack) => ackFeed(sources, ack),
    },
    start: async () => {
      for (const name of home.books) await openNamedBook(context, approval, name);
      outbox.start();
      subscriber.start();
    },
  };
}

function openApprovalRoom(context: Context, grants: Grants): { approval: Approval; outbox: Outbox } {
  const { config, home, node, log, now: clock, randomId: uuid, database, bell, peers } = context;
  const { pool, prisma } = database;
  const { signer } = home;
  const common = { pool, bell, signer, organisation: node.organisation, clock, uuid, log };
  const outbox = openOutbox({
    ...common,
    send: async (authority, tokens) => {
      const data = await peers.call(authority, DELIVER, { tokens }, { timeoutMs: SEND_TIMEOUT_MS });
      const payload = data['deliverRequests'];
      return isObject(payload) ? payload['requests'] : null;
    },
  });
  const approval = openApproval(
    {
      ...common,
      grants,
      groupCommit: config.groupCommit,
      maxQueue: config.maxQueue,
      randomBytes: (length) => Buffer.from(context.randomBytes(length)),
      // A request counts only under the key that stands for its organisation now.
      keysOf: async (id) => {
        const keys = [...(await mainKeys(prisma, [id])).values()].map(verificationKey);
        return new Map(keys.map((key) => [key.kid, key]));
      },
    },
    outbox,
  );
  return { approval, outbox };
}

/** Does nothing for a book that is there. */
async function openNamedBook({ node, log }: Context, approval: Approval, name: string): Promise<void> {
  const { organisation } = node;
  const caller = {
    organisation,
    clientId: organisation,
    own: true,
    roles: ROLES,
    groups: [],
    expiresAt: Infinity,
  };
  try {
    const { id } = await approval.createBook(caller, { name, title: name });
    log.info({ book: id }, 'a book was opened');
  } catch (error) {
    if (!(error instanceof LotbookError && error.code === 'CONFLICT')) throw error;
  }
}

/** Counts only: no names of books, records or partners leave by the metrics. */
function register({ metrics }: Context, approval: Approval, hub: ReturnType<typeof openHub>): void {
  const { registry } = metrics;
  const gauge = (name: string, help: string, value: () => number) =>
    registry.registerMetric(
      new Gauge({
        name,
        help,
        registers: [],
        collect() {
          this.set(value());
        },
      }),
    );
  gauge('lotbook_waiting_changes', 'Changes that wait for their commit', () => approval.sequencer.waiting());
  gauge('lotbook_feed_streams', 'Open feed streams', () => hub.stats().streams);
  gauge('lotbook_feed_lag_seconds', 'From approval to hand-over of the last live change', () => {
    return hub.stats().lagMs / 1000;
  });
  gauge('lotbook_feed_items', 'Feed items handed out since the start', () => hub.stats().itemsSent);
}
