import { randomUUID } from 'node:crypto';
import { pino } from 'pino';
import { publicPart, type PrivateJwk, type VerificationKey } from '../../api/identity/jwk.ts';
import { localSigner, type Signer } from '../../api/identity/signer.ts';
import type { NoteSigner } from '../../api/ledger/note.ts';
import { LotbookError } from '../../api/errors.ts';
import { bookSeat } from '../../api/replication/book-seat.ts';
import { authorityPort } from '../../api/replication/port.ts';
import { headsRootAt } from '../../api/checkpoints/log-nodes.ts';
import { openReplication, type AppointInput, type Replication } from '../../api/replication/replication.ts';
import { introduceMembers, takeIntroductions } from '../../api/partners/introductions.ts';
import { envelope } from '../../api/replication/wire.ts';
import { openBell } from '../../api/store/bell.ts';
import { openDatabase, type Database } from '../../api/store/database.ts';
import type { RequestView } from '../../api/approval/approval.ts';
import { signRequest, type RequestClaims } from '../../api/identity/request-token.ts';
import { openAuthority, partnerCaller, type TestAuthority } from './approval.ts';
import { type ChangingKey, changingKey } from './changing-key.ts';
import { generateKey } from './key.ts';
import { freshDatabase, type FreshDatabase } from './postgres.ts';

/** One node's authority and approval rooms on a database of its own, joined to others by plain function calls. */
export interface Replica extends Pick<TestAuthority, 'approval' | 'grants' | 'outbox'> {
  organisation: string;
  db: Database;
  replication: Replication;
  /** The organisation as it signs notes now. */
  noteSigner: NoteSigner;
  /** As a power cut would: nothing is closed in good order, and nothing of it answers any more. */
  cut(): void;
  /** Starts it again on the same database. */
  restart(): Promise<void>;
}

export interface Network {
  node(organisation: string): Replica;
  /** One more node. */
  add(organisation: string): Promise<void>;
  /** An update of a new lot, signed by one of the organisations and handed to another one's node. */
  ask(
    from: string,
    to: string,
    update: { book: string; key?: string; record: string; base?: number },
  ): Promise<RequestView>;
  /** Any changes, signed and handed over likewise. */
  sign(
    from: string,
    to: string,
    update: Pick<RequestClaims, 'book' | 'changes'> & { key?: string; asker?: RequestClaims['asker'] },
  ): Promise<RequestView>;
  /** What a thief of its first key signs with. */
  firstSigner(organisation: string): Signer;
  /** The node changes to its next key. */
  changeKey(organisation: string): Promise<void>;
  /** Nothing passes between the two, in either direction, until it is mended. */
  part(a: string, b: string): void;
  mend(): void;
  close(): Promise<void>;
}

interface Part {
  fresh: FreshDatabase;
  jwk: PrivateJwk;
  key: ChangingKey;
  /** Key logs of others that it keeps. */
  kept: Map<string, string[]>;
  running: {
    authority: TestAuthority;
    replication: Replication;
    db: Database;
    close(): Promise<void>;
  } | null;
}

/** Nodes of these organisations, all partners of one another. */
export async function openNetwork(organisations: readonly string[]): Promise<Network> {
  const parts = new Map<string, Part>();
  const parted = new Set<string>();
  const make = async (organisation: string): Promise<void> => {
    const jwk = generateKey();
    const key = await changingKey(organisation, jwk);
    parts.set(organisation, { fresh: await freshDatabase(), jwk, key, kept: new Map(), running: null });
  };
  await Promise.all(organisations.map(make));
  const partOf = (organisation: string): Part => {
    const part = parts.get(organisation);
    if (!part) throw new Error(`${organisation} is not in this network`);
    return part;
  };
  const keysOf = (organisation: string) => {
    return Promise.resolve(parts.get(organisation)?.key.all ?? new Map<string, VerificationKey>());
  };

  const reach = (from: string, to: string) => {
    const other = parts.get(to)?.running;
    if (other && !parted.has([from, to].sort().join(' '))) return other;
    throw new LotbookError('UNREACHABLE', `${to} does not answer`);
  };
  const open = async (organisation: string): Promise<void> => {
    const part = partOf(organisation);
    const { url } = part.fresh;
    const db = openDatabase({ url, poolSize: 6, applicationName: 'test' });
    const bell = await openBell(url, 'lotbook');
    const environment = {
      prisma: db.prisma,
      now: Date.now,
      ring: () => bell.ring('partners'),
      self: { organisation },
    };
    const replication = openReplication({
      pool: db.pool,
      bell,
      signer: part.key,
      ownKeyLog: () => part.key.log(),
      keyLogOf: (id) => Promise.resolve(part.kept.get(id) ?? []),
      keepKeyLog: (log) => {
        part.kept.set(
          log.issuer,
          log.statements.map(({ token }) => token),
        );
        return Promise.resolve();
      },
      organisation,
      clock: Date.now,
      monotonic: () => performance.now(),
      uuid: randomUUID,
      log: pino({ level: process.env['TEST_LOG'] ?? 'silent', name: organisation }),
      keysOf,
      exchange: async (to, given) => {
        const link = [organisation, to].sort().join(' ');
        const other = parts.get(to)?.running;
        if (!other || !partOf(organisation).running || parted.has(link)) {
          throw new LotbookError('UNREACHABLE', `${to} does not answer`);
        }
        const answer = await other.replication.receive(organisation, JSON.parse(JSON.stringify(given)));
        if (parted.has(link) || !parts.get(to)?.running)
          throw new LotbookError('UNREACHABLE', `${to} does not answer`);
        return envelope.parse(JSON.parse(JSON.stringify(answer)));
      },
      introduceMembers: async (owner, members) => {
        await introduceMembers(environment, owner, members);
      },
      introductionsOf: () =>
        Promise.resolve(
          [...parts].map(([id, { jwk }]) => ({ ...named(id), jwk: publicPart(jwk), groups: [] })),
        ),
      registerReadersOf: () => Promise.resolve([]),
      takeRegisterReaders: () => Promise.resolve(),
      headsRoot: (book, of) => headsRootAt(db.pool, book, of),
      takeIntroductions: async (owner, list) => {
        await takeIntroductions(environment, owner, list);
      },
      memberOf: (id) => Promise.resolve({ ...named(id), jwk: publicPart(partOf(id).jwk) }),
    });
    const authority = await openAuthority(organisation, {
      url,
      jwk: part.jwk,
      key: part.key,
      partners: new Map(
        await Promise.all([...parts.keys()].map(async (id) => [id, await keysOf(id)] as const)),
      ),
      clock: realTime,
      send: async (to, tokens, unable) => {
        const views = await reach(organisation, to).authority.approval.deliver(
          partnerCaller(organisation),
          tokens,
          unable,
        );
        return JSON.parse(JSON.stringify(views)) as unknown;
      },
      askAuthority: (to, book) => reach(organisation, to).replication.view(book),
      authority: authorityPort(replication, () => Promise.reject(new Error('no network'))),
      seatOf: (book) => {
        const desk = replication.deskOf(book);
        return desk?.seat ? bookSeat(desk, desk.seat) : null;
      },
    });
    const close = async (): Promise<void> => {
      await replication.stop();
      await authority.close();
      await bell.close();
      await db.close();
    };
    part.running = { authority, replication, db, close };
    await replication.start();
  };
  await Promise.all(organisations.map(open));
  const closing: Promise<void>[] = [];

  const sign: Network['sign'] = async (from, to, { key = randomUUID(), ...update }) => {
    const aud = update.book.split('/')[0] ?? '';
    const claims = { iss: from, aud, jti: randomUUID(), iat: Date.now() / 1000, key, ...update };
    const token = await signRequest(claims, localSigner(partOf(from).jwk));
    const running = partOf(to).running;
    if (!running) throw new Error(`${to} is down`);
    const [view] = await running.authority.approval.deliver(partnerCaller(from), [token]);
    if (!view) throw new Error('no answer');
    return view;
  };

  return {
    node: (organisation) => {
      const part = partOf(organisation);
      const running = () => {
        if (!part.running) throw new Error(`${organisation} is down`);
        return part.running;
      };
      return {
        organisation,
        get approval() {
          return running().authority.approval;
        },
        get outbox() {
          return running().authority.outbox;
        },
        get grants() {
          return running().authority.grants;
        },
        get db() {
          return running().db;
        },
        get replication() {
          return running().replication;
        },
        get noteSigner() {
          return noteSignerOf(organisation, part.key);
        },
        cut: () => {
          const { close } = running();
          part.running = null;
          closing.push(close());
        },
        restart: async () => {
          await Promise.all(closing.splice(0));
          await open(organisation);
        },
      };
    },
    add: async (organisation) => {
      await make(organisation);
      await open(organisation);
    },
    ask(from, to, { record, base = 0, ...update }) {
      const changes = [{ record, type: 'LOT', base, fields: { quantity: '12.50', uom: 'KGM' } }];
      return sign(from, to, { ...update, changes });
    },
    sign,
    firstSigner: (organisation) => localSigner(partOf(organisation).jwk),
    changeKey: (organisation) => partOf(organisation).key.change(),
    part: (a, b) => void parted.add([a, b].sort().join(' ')),
    mend: () => parted.clear(),
    close: async () => {
      await Promise.all([...parts.values()].map(({ running }) => running?.close()));
      for (const part of parts.values()) part.running = null;
      await Promise.all(closing);
      await Promise.all([...parts.values()].map(({ fresh }) => fresh.drop()));
    },
  };
}

function noteSignerOf(name: string, { all, now }: ChangingKey): NoteSigner {
  const { signer } = now();
  return { name, key: all.get(signer.kid) as VerificationKey, signer };
}

const realTime = {
  get now() {
    return Date.now();
  },
};

function named(organisation: string) {
  return { organisation, name: organisation, url: `http://${organisation}` };
}

export function appointment(book: string, backup: string | null, witness: string | null): AppointInput {
  return {
    book,
    primary: book.split('/')[0] ?? '',
    backup,
    witness,
    mode: 'strict',
    leaseMs: 1_000,
    takeoverMs: 1_000,
    drift: 0.01,
    handBack: 'auto',
    acceptLoss: false,
  };
}

/** Resolves once something holds; fails with what it says after some time. */
export async function eventually(holds: () => unknown, ms = 15_000): Promise<void> {
  const until = Date.now() + ms;
  for (;;) {
    const result = await holds();
    if (result) return;
    if (Date.now() > until) throw new Error(`it did not come to that: ${holds.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
