import { setMaxListeners } from 'node:events';
import { join } from 'node:path';
import { openApproval, type Approval } from './approval/approval.ts';
import { openOutbox, type Outbox } from './approval/outbox.ts';
import { openRetention } from './approval/retention.ts';
import { openCases, type Cases, type CasesDeps } from './cases/cases.ts';
import type { Context } from './context.ts';
import { ackFeed } from './delivery/acknowledge.ts';
import { headsRootAt } from './checkpoints/log-nodes.ts';
import { followOwnKeys, introducing, mainKey } from './services/keys.ts';
import { renewingAt } from './services/renew-locks.ts';
import { openSharedBook } from './services/shared-book.ts';
import { openCheckpointing } from './services/checkpoints.ts';
import { filesOf } from './services/files.ts';
import { openInquiryRoom } from './services/inquiries.ts';
import { registerMetrics } from './services/metrics.ts';
import { callerNamed, openWebhookRoom } from './services/webhooks.ts';
import { openDisclosed } from './delivery/disclosing.ts';
import { openHub } from './delivery/hub.ts';
import { openReading } from './delivery/reading.ts';
import type { ScopeServices } from './delivery/scope.ts';
import { openSubscriber } from './delivery/subscriber.ts';
import { openTracing } from './delivery/tracing.ts';
import { LotbookError } from './errors.ts';
import { type Exports, openExports } from './exports/exports.ts';
import { keysLineOf } from './exports/keys-line.ts';
import { isObject } from './events/value.ts';
import type { Services } from './graphql/context.ts';
import { addressOf } from './http/address.ts';
import type { EpcisServices } from './http/epcis/exchange.ts';
import type { BookSeat } from './approval/book-seat.ts';
import type { Member } from './ledger/statements/shapes.ts';
import {
  introduceMembers,
  introductionsOf,
  takeIntroductions,
  takeRegisterReaders,
  type Introduction,
} from './partners/introductions.ts';
import { knownKeysOf, takeKeyLog } from './partners/key-logs.ts';
import { authorityPort } from './replication/port.ts';
import { openReplication, type Replication } from './replication/replication.ts';
import { bookSeat } from './replication/book-seat.ts';
import { envelope } from './replication/wire.ts';
import { ROLES } from './sharing/caller.ts';
import { isAddressed } from './sharing/grant.ts';
import { mandatedBooks } from './store/authority.ts';
import { mainKeys } from './store/clients.ts';
import { openGrants, type Grants } from './store/grants.ts';
import { readKeyLogs } from './store/key-statements.ts';
import { findOrganisation, inPartnersTransaction } from './store/partners.ts';

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
  exports: Exports;
  cases: Cases;
  replication: Replication;
  /** Opens the books that `lotbook init` named, begins to follow partners' books and to deliver queued requests. */
  start(): Promise<void>;
}

export function openServices(context: Context, draining: AbortSignal): NodeServices {
  // Every open stream listens to it.
  setMaxListeners(0, draining);
  const { config, home, keys, node, log, now: clock, randomId, bell, peers, partners } = context;
  const [db, grants] = [context.database, openGrants(context.database.pool)];
  const replication = openAuthority(context, grants);
  const { approval, outbox } = openApprovalRoom(context, grants, replication);
  const sources = { db, grants, organisation: node.organisation, clock, bell, log, config };
  const hub = openHub(sources);
  const { follow: followKeys, keysOf } = context.keyLogs;
  const [isLeading, introduce] = [() => replication.isLeading(), introducing(context)];
  const followed = { ...sources, peers, keysOf, introduce, followKeys, random: Math.random };
  const { checker, checkpoints } = openCheckpointing(context, followed, {
    isLeading,
    isBusy: () => approval.sequencer.waiting() > 0,
    mayState: (book) => seatOf(replication, book)?.mayWrite() ?? !replication.isSeated(book),
    state: (book, entry) => approval.sequencer.state(book, entry),
  });
  const { eraseRecords } = approval;
  const retention = openRetention({ ...sources, pool: db.pool, eraseRecords, isLeading });
  const subscriber = openSubscriber({ ...followed, checker });
  const webhooks = openWebhookRoom(context, sources);
  context.onClose(async () => {
    await Promise.all([checkpoints.stop(), retention.stop(), approval.leases.stop()]);
    await Promise.all([hub.close(), subscriber.stop(), outbox.stop(), approval.sequencer.drain()]);
    await checker.stop();
    await replication.stop();
  });
  registerMetrics(context, approval, hub, checker);
  const [reading, tracing] = [openReading(sources), openTracing(sources)];
  const cases = openCaseRoom(context, { approval, reading, tracing, grants });
  const books = openSharedBook(context, sources, { approval, reading });
  const exports = openExportRoom(context, sources);
  const served = { approval, reading, clock, randomId, config };
  return {
    epcis: { ...served, db },
    exports,
    cases,
    replication,
    graphql: {
      ...served,
      node,
      grants,
      hub,
      tracing,
      books,
      cases,
      inquiries: openInquiryRoom(context, sources),
      checkpoints,
      ...filesOf(exports, { reading, tracing, organisation: node.organisation }),
      retention,
      partners,
      webhooks,
      keys,
      replication,
      mandatedBooks: () => mandatedBooks(db.pool),
      bell,
      log,
      signal: draining,
      ...callersOf(context),
      ackFeed: (ack) => ackFeed(sources, ack),
    },
    start: async () => {
      await replication.start();
      for (const name of home.books) await openNamedBook(context, approval, name);
      for (const room of [outbox, subscriber, webhooks, checkpoints]) room.start();
      followOwnKeys(context, approval);
      for (const room of [retention, cases, approval.leases]) room.start();
    },
  };
}

/** Who calls, how often, and from where. */
function callersOf({
  recognise,
  callLimit,
  people,
  config,
}: Context): Pick<Services, 'authenticate' | 'callLimit' | 'people' | 'addressOf'> {
  return { authenticate: recognise, callLimit, people, addressOf: (req) => addressOf(req, config.proxies) };
}

/** Recalls and investigations. */
function openCaseRoom(
  context: Context,
  rooms: Pick<CasesDeps, 'approval' | 'reading' | 'tracing' | 'grants'>,
): Cases {
  const { node, now: clock, randomId, randomBytes, database: db, bell, log } = context;
  const { organisation, url } = node;
  const cases = openCases({ ...rooms, db, bell, organisation, url, clock, randomId, randomBytes, log });
  context.onClose(() => cases.stop());
  return cases;
}

/** Audit exports, in the directory of the node. */
function openExportRoom(context: Context, sources: ScopeServices): Exports {
  const { config, keys: signer, node, log, now: clock, randomId, database: db } = context;
  const exports = openExports({
    db,
    dir: join(config.dir, 'exports'),
    organisation: node.organisation,
    signer,
    clock,
    randomId,
    log,
    keysOf: (organisation) => keysLineOf(db.prisma, organisation),
    disclosed: (caller, book, viewAs) => openDisclosed(sources, caller, book, viewAs),
  });
  context.onClose(() => exports.close());
  return exports;
}

/** How long what a partner is introduced by is believed to be unchanged. */
const INTRODUCTIONS_MS = 2_000;
const AUTHORITY_PATH = '/authority';

/** This node's part in the authority of books, and its talk with the other nodes about it. */
function openAuthority(context: Context, grants: Grants): Replication {
  const { keys, node, log, now: clock, randomId: uuid, database, bell, peers } = context;
  const { pool, prisma } = database;
  const { organisation } = node;
  const environment = { prisma, now: clock, ring: () => bell.ring('partners'), self: { organisation } };
  let introductions: { at: number; list: Promise<readonly Introduction[]> } | null = null;
  const known = (): Promise<readonly Introduction[]> => {
    if (!introductions || clock() - introductions.at > INTRODUCTIONS_MS) {
      introductions = { at: clock(), list: introductionsOf(environment) };
    }
    return introductions.list;
  };
  const warnOf = (owner: string, { refused }: { refused: number }): void => {
    if (refused > 0)
      log.warn({ owner, refused }, 'partners that an owner introduces are known under other keys');
  };
  return openReplication({
    pool,
    bell,
    signer: keys,
    organisation,
    clock,
    monotonic: () => performance.now(),
    uuid,
    log,
    keysOf: (id) => knownKeysOf(prisma, id),
    ownKeyLog: () => (keys.log.statements.length > 1 ? keys.log : null),
    keyLogOf: async (id) => (await readKeyLogs(prisma, [id])).get(id) ?? [],
    keepKeyLog: async (known) => {
      const taking = inPartnersTransaction(prisma, (tx) => takeKeyLog(tx, known, new Date(clock())));
      const { issuer } = known;
      const moved = await taking.catch((err: unknown) => log.warn({ err, issuer }, 'a key log was not kept'));
      if (moved) bell.ring('partners');
    },
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
    introductionsOf: known,
    registerReadersOf: async (book) => {
      const rules = await grants.of(book);
      const isOpenTo = ({ organisation, groups }: Introduction) =>
        rules.some((grant) => isAddressed(grant, { organisation, groups, roles: [] }));
      // In which groups they are is nothing to the registrar.
      return (await known()).filter(isOpenTo).map((partner) => ({ ...partner, groups: [] }));
    },
    headsRoot: (book, of) => headsRootAt(pool, book, of),
    takeIntroductions: async (owner, list) => {
      warnOf(owner, await takeIntroductions(environment, owner, list));
    },
    takeRegisterReaders: async (book, owner, list) => {
      warnOf(owner, await takeRegisterReaders(environment, { book, owner }, list));
    },
    memberOf: (id) => memberOf(context, id),
  });
}

/** An organisation as a mandate names it. */
async function memberOf({ node, keys, database }: Context, id: string): Promise<Member> {
  if (id === node.organisation) {
    return { organisation: id, name: node.name, url: node.url, jwk: keys.publicJwk };
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
  const { config, keys: signer, node, log, now: clock, randomId: uuid, database, bell, peers } = context;
  const { pool, prisma } = database;
  const common = { pool, bell, signer, organisation: node.organisation, clock, uuid, log };
  const limits = { timeoutMs: SEND_TIMEOUT_MS };
  const send = async (to: string, tokens: readonly string[], unable: string | null): Promise<unknown> => {
    const data = await peers.call(to, DELIVER, { tokens, unable }, limits);
    const payload = data['deliverRequests'];
    return isObject(payload) ? payload['requests'] : null;
  };
  const outbox = openOutbox({
    ...common,
    keysOf: (id) => knownKeysOf(prisma, id),
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
      keys: signer,
      grants,
      seatOf: (book) => seatOf(replication, book),
      lockSeconds: config.lockSeconds,
      groupCommit: config.groupCommit,
      maxQueue: config.maxQueue,
      randomBytes: (length) => Buffer.from(context.randomBytes(length)),
      // A request counts only under the key that stands for its organisation now.
      keysOf: async (id, kid) => {
        const keys = await mainKey(prisma, id);
        const isOther = kid !== undefined && !keys.has(kid) && keys.size > 0;
        return isOther && (await context.keyLogs.follow(id)) ? mainKey(prisma, id) : keys;
      },
      authority: authorityPort(replication, (to, tokens) => send(to, tokens, null)),
      callerNamed: callerNamed(prisma),
    },
    outbox,
    {
      renew: renewingAt(peers, limits),
      isLeading: () => replication.isLeading(),
    },
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
