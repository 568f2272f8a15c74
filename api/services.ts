import { setMaxListeners } from 'node:events';
import { Gauge } from 'prom-client';
import { openApproval, type Approval } from './approval/approval.ts';
import { openOutbox, type Outbox } from './approval/outbox.ts';
import type { Context } from './context.ts';
import { ackFeed } from './delivery/acknowledge.ts';
import { openHub } from './delivery/hub.ts';
import { openReading } from './delivery/reading.ts';
import { openSubscriber } from './delivery/subscriber.ts';
import { openTracing } from './delivery/tracing.ts';
import { LotbookError } from './errors.ts';
import { isObject } from './events/value.ts';
import type { Services } from './graphql/context.ts';
import { callerOf, readEntry } from './http/caller-directory.ts';
import type { EpcisServices } from './http/epcis/exchange.ts';
import type { PinnedKeys } from './identity/jws.ts';
import { verificationKey } from './identity/jwk.ts';
import type { BookSeat } from './approval/book-seat.ts';
import type { Member } from './ledger/statements/shapes.ts';
import { introduceMembers, introductionsOf, takeIntroductions } from './partners/introductions.ts';
import { authorityPort } from './replication/port.ts';
import { openReplication, type Replication } from './replication/replication.ts';
import { bookSeat } from './replication/book-seat.ts';
import { envelope } from './replication/wire.ts';
import { ROLES } from './sharing/caller.ts';
import { mandatedBooks } from './store/authority.ts';
import { mainKeys, statementKeys } from './store/clients.ts';
import { openGrants, type Grants } from './store/grants.ts';
import { findOrganisation } from './store/partners.ts';

const SEND_TIMEOUT_MS = 15_000;

const DELIVER = `mutation Deliver($tokens: [String!]!, $unable: String) {
  deliverRequests(tokens: $tokens, unable: $unable) {
    requests {
      id state createdAt decidedAt decidedBy reason provisional
      outcome { record version seq }
      error { code message place retryAfterMs currentVersion }
    }
  }
}`;

const AUTHORITY = `query Authority($book: ID!) { authority(book: $book) { mandateToken termToken } }`;

/** The working rooms of a node, put together: what GraphQL and EPCIS serve, and what runs by itself. */
export interface NodeServices {
  graphql: Services;
  epcis: EpcisServices;
  replication: Replication;
  /** Opens the books that `lotbook init` named, begins to follow partners' books and to deliver queued requests. */
  start(): Promise<void>;
}

export function openServices(context: Context, draining: AbortSignal): NodeServices {
  // Every open stream listens to it.
  setMaxListeners(0, draining);
  const { config, home, node, log, now: clock, randomId, database: db, bell, peers, partners } = context;
  const grants = openGrants(db.pool);
  const replication = openAuthority(context);
  const { approval, outbox } = openApprovalRoom(context, grants, replication);
  const sources = { db, grants, organisation: node.organisation, clock, bell, log, config };
  const hub = openHub(sources);
  const keysOf = (id: string): Promise<PinnedKeys> => statementKeys(db.prisma, id);
  const { introduceMembers: introduce } = partners;
  const subscriber = openSubscriber({ ...sources, peers, keysOf, introduce, random: Math.random });
  context.onClose(async () => {
    await Promise.all([hub.close(), subscriber.stop(), outbox.stop(), approval.sequencer.drain()]);
    await replication.stop();
  });
  register(context, approval, hub);
  const reading = openReading(sources);
  const served = { approval, reading, clock, randomId, config };
  return {
    epcis: { ...served, db },
    replication,
    graphql: {
      ...served,
      node,
      grants,
      hub,
      tracing: openTracing(sources),
      partners,
      replication,
      mandatedBooks: () => mandatedBooks(db.pool),
      bell,
      log,
      signal: draining,
      authenticate: (req) => context.authenticator.authenticate(req),
      ackFeed: (ack) => ackFeed(sources, ack),
    },
    start: async () => {
      await replication.start();
      for (const name of home.books) await openNamedBook(context, approval, name);
      outbox.start();
      subscriber.start();
    },
  };
}

/** How long what a partner is introduced by is believed to be unchanged. */
const INTRODUCTIONS_MS = 2_000;
const AUTHORITY_PATH = '/authority';

/** This node's part in the authority of books, and its talk with the other nodes about it. */
function openAuthority(context: Context): Replication {
  const { home, node, log, now: clock, randomId: uuid, database, bell, peers } = context;
  const { pool, prisma } = database;
  const { organisation } = node;
  const environment = { prisma, now: clock, ring: () => bell.ring('partners'), self: { organisation } };
  let introductions: { at: number; list: Promise<readonly unknown[]> } | null = null;
  return openReplication({
    pool,
    bell,
    signer: home.signer,
    organisation,
    clock,
    monotonic: () => performance.now(),
    uuid,
    log,
    keysOf: (id) => statementKeys(prisma, id),
    exchange: async (to, given, timeoutMs) => {
      const answer = await peers.exchange(to, AUTHORITY_PATH, JSON.stringify(given), { timeoutMs });
      const parsed = envelope.safeParse(answer);
      if (parsed.success) return parsed.data;
      throw new LotbookError('UNREACHABLE', 'The answer is not in the form that was agreed.');
    },
    introduceMembers: async (owner, members) => {
      const refused = await introduceMembers(environment, owner, members);
      if (refused.length > 0)
        log.warn({ owner, refused }, 'members that a mandate names are known under other keys');
    },
    introductionsOf: () => {
      if (!introductions || clock() - introductions.at > INTRODUCTIONS_MS) {
        introductions = { at: clock(), list: introductionsOf(environment) };
      }
      return introductions.list;
    },
    takeIntroductions: async (_book, owner, list) => {
      const { refused } = await takeIntroductions(environment, owner, list);
      if (refused > 0)
        log.warn({ owner, refused }, 'partners that an owner introduces are known under other keys');
    },
    memberOf: (id) => memberOf(context, id),
  });
}

/** An organisation as a mandate names it. */
async function memberOf({ node, home, database }: Context, id: string): Promise<Member> {
  if (id === node.organisation) {
    return { organisation: id, name: node.name, url: node.url, jwk: home.publicJwk };
  }
  const partner = await findOrganisation(database.prisma, id);
  const jwk = (await mainKeys(database.prisma, [id])).get(id);
  if (partner?.status !== 'ACTIVE' || partner.url === null || !jwk) {
    throw new LotbookError('NOT_FOUND', `${id} is no active partner with a node.`, { place: 'input' });
  }
  return { organisation: id, name: partner.name, url: partner.url, jwk };
}

function seatOf(replication: Replication, book: string): BookSeat | null {
  const desk = replication.deskOf(book);
  return desk?.seat ? bookSeat(desk, desk.seat) : null;
}

function openApprovalRoom(
  context: Context,
  grants: Grants,
  replication: Replication,
): { approval: Approval; outbox: Outbox } {
  const { config, home, node, log, now: clock, randomId: uuid, database, bell, peers } = context;
  const { pool, prisma } = database;
  const { signer } = home;
  const common = { pool, bell, signer, organisation: node.organisation, clock, uuid, log };
  const limits = { timeoutMs: SEND_TIMEOUT_MS };
  const send = async (to: string, tokens: readonly string[], unable: string | null): Promise<unknown> => {
    const data = await peers.call(to, DELIVER, { tokens, unable }, limits);
    const payload = data['deliverRequests'];
    return isObject(payload) ? payload['requests'] : null;
  };
  const outbox = openOutbox({
    ...common,
    keysOf: (id) => statementKeys(prisma, id),
    monotonic: () => performance.now(),
    patienceMs: config.holderPatienceMs,
    send: (to, tokens, unable) =>
      to === node.organisation ? approval.deliverOwn(tokens, unable) : send(to, tokens, unable),
    askAuthority: async (to, book) =>
      to === node.organisation ? null : (await peers.call(to, AUTHORITY, { book }, limits))['authority'],
  });
  const approval: Approval = openApproval(
    {
      ...common,
      grants,
      seatOf: (book) => seatOf(replication, book),
      groupCommit: config.groupCommit,
      maxQueue: config.maxQueue,
      randomBytes: (length) => Buffer.from(context.randomBytes(length)),
      // A request counts only under the key that stands for its organisation now.
      keysOf: async (id) => {
        const keys = [...(await mainKeys(prisma, [id])).values()].map(verificationKey);
        return new Map(keys.map((key) => [key.kid, key]));
      },
      authority: authorityPort(replication, (to, tokens) => send(to, tokens, null)),
      callerNamed: async (id) => {
        const entry = await readEntry(prisma, id);
        return entry ? callerOf(entry, Infinity) : null;
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
