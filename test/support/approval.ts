import { randomBytes, randomUUID } from 'node:crypto';
import { pino } from 'pino';
import { openApproval, type Approval } from '../../api/approval/approval.ts';
import type { BookSeat } from '../../api/approval/book-seat.ts';
import type { PlanDeps } from '../../api/approval/planned.ts';
import type { AuthorityPort } from '../../api/approval/authority-port.ts';
import type { DeliveryDeps } from '../../api/approval/outbox-delivery.ts';
import { openOutbox, type Outbox } from '../../api/approval/outbox.ts';
import { verificationKey, type PrivateJwk, type VerificationKey } from '../../api/identity/jwk.ts';
import { localSigner, type Signer } from '../../api/identity/signer.ts';
import type { Caller, Role } from '../../api/sharing/caller.ts';
import { openBell, type Bell } from '../../api/store/bell.ts';
import { openDatabase, type Database } from '../../api/store/database.ts';
import { openGrants, type Grants } from '../../api/store/grants.ts';
import { generateKey } from './key.ts';
import { freshDatabase } from './postgres.ts';

/** No book here has a mandate. */
const NO_MANDATES: AuthorityPort = {
  standing: () => 'SOLO',
  mode: () => 'strict',
  members: () => [],
  final: () => ({ len: 0, head: '' }),
  notice: () => undefined,
  relay: () => Promise.resolve(null),
};

export interface TestAuthority {
  approval: Approval;
  /** Not started. */
  outbox: Outbox;
  db: Database;
  grants: Grants;
  bell: Bell;
  signer: Signer;
  keys: ReadonlyMap<string, VerificationKey>;
  /** ms; tests move it. */
  clock: { now: number };
  close(): Promise<void>;
}

/** The approval room of one node on a database of its own (or a given one), with no network. */
export async function openAuthority(
  organisation: string,
  options: {
    url?: string;
    jwk?: PrivateJwk;
    /** Instead of the one key for ever. */
    key?: Signer & PlanDeps['keys'];
    partners?: ReadonlyMap<string, ReadonlyMap<string, VerificationKey>>;
    /** Groups of the partners that may call. */
    groups?: Readonly<Record<string, readonly string[]>>;
    authority?: AuthorityPort;
    send?: DeliveryDeps['send'];
    askAuthority?: DeliveryDeps['askAuthority'];
    /** Absent: a clock that only the test moves. */
    clock?: { now: number };
    maxQueue?: number;
    seatOf?: (book: string) => BookSeat | null;
  } = {},
): Promise<TestAuthority> {
  const fresh = options.url ? null : await freshDatabase();
  const url = options.url ?? fresh?.url ?? '';
  const db = openDatabase({ url, poolSize: 4, applicationName: 'test' });
  const bell = await openBell(url, 'lotbook');
  const jwk = options.jwk ?? generateKey();
  const signer = options.key ?? localSigner(jwk);
  const key = verificationKey(jwk);
  const keys = new Map([[key.kid, key]]);
  const grants = openGrants(db.pool);
  const clock = options.clock ?? { now: Date.parse('2026-07-01T12:00:00Z') };
  const log = pino({ level: process.env['TEST_LOG'] ?? 'silent', name: organisation });
  const common = { pool: db.pool, bell, signer, organisation, clock: () => clock.now, uuid: randomUUID, log };
  const keysOf = (id: string) =>
    Promise.resolve(options.partners?.get(id) ?? (id === organisation ? keys : new Map()));
  const outbox = openOutbox({
    ...common,
    keysOf,
    monotonic: () => clock.now,
    patienceMs: 5_000,
    askAuthority: options.askAuthority ?? (() => Promise.resolve(null)),
    send: options.send ?? (() => Promise.reject(new Error('no network'))),
  });
  const approval = openApproval(
    {
      ...common,
      keys: options.key ?? { now: () => ({ statements: [], signer }), refresh: () => Promise.resolve() },
      grants,
      seatOf: options.seatOf ?? (() => null),
      randomBytes,
      lockSeconds: 259_200,
      groupCommit: 512,
      maxQueue: options.maxQueue ?? 10_000,
      keysOf,
      authority: options.authority ?? NO_MANDATES,
      callerNamed: (id) =>
        Promise.resolve(
          options.partners?.has(id) ? partnerCaller(id, ...(options.groups?.[id] ?? [])) : null,
        ),
    },
    outbox,
    { renew: () => Promise.reject(new Error('no network')), isLeading: () => true },
  );
  return {
    approval,
    outbox,
    db,
    grants,
    bell,
    signer,
    keys,
    clock,
    close: async () => {
      await approval.sequencer.drain();
      await bell.close();
      await db.close();
      await fresh?.drop();
    },
  };
}

export function ownCaller(organisation: string, ...roles: Role[]): Caller {
  const clientId = roles.includes('ADMINISTRATOR')
    ? organisation
    : `${organisation}/${roles.join('-').toLowerCase()}`;
  return { organisation, clientId, own: true, roles, groups: [], expiresAt: Number.MAX_SAFE_INTEGER };
}

export function partnerCaller(organisation: string, ...groups: string[]): Caller {
  return {
    organisation,
    clientId: organisation,
    own: false,
    roles: [],
    groups,
    expiresAt: Number.MAX_SAFE_INTEGER,
  };
}
