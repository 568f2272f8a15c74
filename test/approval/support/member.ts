import { randomUUID } from 'node:crypto';
import type { AuthorityPort, Part } from '../../../api/approval/authority-port.ts';
import type { BookSeat } from '../../../api/approval/book-seat.ts';
import { publicPart } from '../../../api/identity/jwk.ts';
import { signRequest, type RequestClaims } from '../../../api/identity/request-token.ts';
import type { UnableClaims } from '../../../api/ledger/statements/unable.ts';
import { pinKey } from '../../../api/store/clients.ts';
import { replaceIntroductions } from '../../../api/store/introductions.ts';
import { terms } from '../../delivery/support/log.ts';
import { ed25519 } from '../../identity/keys.ts';
import { digest } from '../../ledger/statement-samples.ts';
import { openAuthority, ownCaller, type TestAuthority } from '../../support/approval.ts';
import { freshDatabase } from '../../support/postgres.ts';

export const OWNER = 'grower.example';
export const MEMBER = 'shipper.example';
export const ASKER = 'packer.example';
export const BOOK = 'grower.example/season';
export const LOT = 'https://grower.example/lots/1';
export const keys = { [OWNER]: ed25519(), [MEMBER]: ed25519(), [ASKER]: ed25519() };

/** A member with the whole book, the backup or the owner's node, whose part in its authority a test decides. */
export interface TestMember {
  member: TestAuthority;
  /** The owner's node, on the same log: as if everything were replicated at once. */
  owner: TestAuthority;
  part: Part;
  mode: 'strict' | 'available';
  /** Whether the holder has a quorum. */
  isAble: boolean;
  notices: UnableClaims[];
  relayed: (readonly string[])[];
  relay: (tokens: readonly string[]) => Promise<unknown>;
  close(): Promise<void>;
}

const noQuorum: BookSeat = {
  isHolder: () => true,
  mayWrite: () => false,
  holder: MEMBER,
  term: 2,
  mandate: digest('mandate'),
  end: { len: 0, head: digest('') },
  tail: () => [],
  dueKeys: () => [],
  propose: () => Promise.resolve(null),
  whenFinal: () => Promise.resolve(),
  watch: () => () => undefined,
  patienceMs: 1,
};

export async function openMember(self: typeof OWNER | typeof MEMBER = MEMBER): Promise<TestMember> {
  const { url, drop } = await freshDatabase();
  const partners = new Map(Object.entries(keys).map(([organisation, key]) => [organisation, key.keys]));
  const test: Omit<TestMember, 'owner' | 'member'> = {
    part: 'HOLDER',
    mode: 'strict',
    isAble: true,
    notices: [],
    relayed: [],
    relay: () => Promise.resolve(null),
    close: async () => {
      await Promise.all([owner.close(), member.close()]);
      await drop();
    },
  };
  const authority: AuthorityPort = {
    standing: () => test.part,
    mode: () => test.mode,
    members: () => (test.part === 'ELSEWHERE' ? [] : [OWNER, MEMBER]),
    final: () => ({ len: 1, head: digest('log') }),
    notice: (_, unable) => void test.notices.push(unable),
    relay: (_, tokens) => {
      test.relayed.push(tokens);
      return test.relay(tokens);
    },
  };
  const owner = await openAuthority(OWNER, { url, jwk: keys[OWNER].jwk, partners });
  const member = await openAuthority(self, {
    url,
    jwk: keys[self].jwk,
    partners,
    authority,
    seatOf: () => (test.isAble ? null : noQuorum),
  });
  await fill(owner);
  return Object.assign(test, { owner, member });
}

async function fill({ approval, db }: TestAuthority): Promise<void> {
  const admin = ownCaller(OWNER, 'ADMINISTRATOR');
  await approval.createBook(admin, { name: 'season', title: 'Season' });
  await approval.changeGrant(admin, {
    book: BOOK,
    id: 'urn:lotbook:grant:packer',
    base: 0,
    terms: terms({
      right: 'CHANGE',
      audience: { organisations: [ASKER], groups: [], roles: [], public: false },
      fields: ['note'],
    }),
  });
  const changes = [{ kind: 'LOT' as const, record: LOT, base: 0, content: { quantity: '1', uom: 'KGM' } }];
  await approval.requestUpdates(admin, [{ book: BOOK, key: 'seed', changes }]);
  const list = [];
  for (const organisation of [ASKER, MEMBER] as const) {
    const jwk = publicPart(keys[organisation].jwk);
    const client = { organisation, clientId: organisation, node: true, roles: [], jwk, now: new Date() };
    const pinned = await pinKey(db.prisma, client);
    list.push({ organisation, kid: pinned?.kid ?? '', groups: [] });
  }
  await replaceIntroductions(db.prisma, OWNER, list);
}

/** A signed request for a note on the lot. */
export function request(given: Partial<RequestClaims> = {}): Promise<string> {
  const iss = (given.iss ?? ASKER) as keyof typeof keys;
  const claims: RequestClaims = {
    iss,
    aud: OWNER,
    book: BOOK,
    jti: randomUUID(),
    iat: 1_782_900_000,
    key: randomUUID(),
    changes: [{ record: LOT, type: 'LOT', base: 1, fields: { note: randomUUID() } }],
    ...given,
  };
  return signRequest(claims, keys[iss].signer);
}
