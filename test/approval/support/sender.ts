import { randomUUID } from 'node:crypto';
import { pino } from 'pino';
import { Courier, type DeliveryDeps } from '../../../api/approval/outbox-delivery.ts';
import type { RemoteRequest } from '../../../api/approval/remote-request.ts';
import { publicPart } from '../../../api/identity/jwk.ts';
import { signMandate, type MandateClaims } from '../../../api/ledger/statements/mandate.ts';
import { signTerm, type TermClaims } from '../../../api/ledger/statements/term.ts';
import { keepStatement } from '../../../api/store/authority.ts';
import { queueRequest, type StoredRequest } from '../../../api/store/requests.ts';
import { ed25519, type TestKey } from '../../identity/keys.ts';
import { examples, memberOf } from '../../ledger/statement-samples.ts';
import { openAuthority, type TestAuthority } from '../../support/approval.ts';

export const OWNER = 'packer.example';
export const BACKUP = 'shipper.example';
export const WITNESS = 'agency.example';
export const SELF = 'grower.example';
export const BOOK = 'packer.example/orders';

export const APPROVED: RemoteRequest = {
  state: 'APPROVED',
  decidedAt: '2026-07-01T12:00:00.000Z',
  decidedBy: 'packer.example',
  reason: null,
  outcome: [],
  error: null,
};

/** What a node answers that does not decide. */
export function refusal(code: string, message = 'not now', retryAfterMs: number | null = null): object {
  return { ...APPROVED, state: 'REFUSED', decidedAt: null, error: { code, message, retryAfterMs } };
}

export const keys: Record<string, TestKey> = {
  [OWNER]: ed25519(),
  [BACKUP]: ed25519(),
  [WITNESS]: ed25519(),
};
const keyOf = (organisation: string) => keys[organisation] as TestKey;
const member = (organisation: string) => ({
  ...memberOf(organisation),
  jwk: publicPart(keyOf(organisation).jwk),
});

/** The book's mandate and a term of it, as any node would tell them. */
export async function standing(
  term: Partial<TermClaims> = {},
): Promise<{ mandateToken: string; termToken: string }> {
  const mandate: MandateClaims = {
    ...examples.mandate,
    iss: OWNER,
    book: BOOK,
    primary: member(OWNER),
    backup: member(BACKUP),
    witness: member(WITNESS),
  };
  const claims = { ...examples.term, book: BOOK, holder: OWNER, insync: [OWNER, BACKUP], ...term };
  return {
    mandateToken: await signMandate(mandate, keyOf(OWNER).signer),
    termToken: await signTerm(claims, keyOf(WITNESS).signer),
  };
}

/** One node of the network that a test plays: answers, or rejects. */
export type Answerer = (tokens: readonly string[], unable: string | null) => unknown;

export interface Sender extends TestAuthority {
  courier: Courier;
  /** Whom it asked, in order. */
  asked: string[];
  rows(): Promise<StoredRequest[]>;
}

/** A node with a copy of a partner's book, and with these requests in its outbox. */
export async function openSender(
  tokens: readonly string[],
  network: Readonly<Record<string, Answerer>>,
  options: {
    term?: Partial<TermClaims>;
    authorities?: Readonly<Record<string, unknown>>;
    patienceMs?: number;
  } = {},
): Promise<Sender> {
  const authority = await openAuthority(SELF);
  const { db, bell, clock, signer } = authority;
  await db.pool.query(
    `INSERT INTO book (id, title, owner, authority) VALUES ($1, 'Orders', 'packer.example', 'packer.example')`,
    [BOOK],
  );
  if (options.term) {
    const { mandateToken, termToken } = await standing(options.term);
    const at = new Date(clock.now);
    await keepStatement(db.pool, { book: BOOK, kind: 'MANDATE', nr: 1, token: mandateToken, at });
    await keepStatement(db.pool, { book: BOOK, kind: 'TERM', nr: options.term.n ?? 1, token: termToken, at });
  }
  for (const token of tokens) {
    await queueRequest(db.pool, {
      id: randomUUID(),
      book: BOOK,
      requester: SELF,
      key: token,
      contentHash: token,
      changes: '[]',
      token,
      createdAt: new Date(clock.now),
      reason: null,
    });
  }
  const asked: string[] = [];
  const deps: DeliveryDeps = {
    pool: db.pool,
    bell,
    organisation: SELF,
    signer,
    uuid: randomUUID,
    clock: () => clock.now,
    monotonic: () => clock.now,
    patienceMs: options.patienceMs ?? 5_000,
    log: pino({ level: 'silent' }),
    keysOf: (id) => Promise.resolve(keys[id]?.keys ?? new Map()),
    send: async (node, sent, unable) => {
      asked.push(node);
      return network[node]?.(sent, unable);
    },
    askAuthority: (node) => Promise.resolve(options.authorities?.[node] ?? null),
  };
  return {
    ...authority,
    courier: await Courier.open(deps, BOOK, OWNER),
    asked,
    rows: async () => (await db.pool.query<StoredRequest>('SELECT * FROM request ORDER BY key')).rows,
  };
}
