import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { peekClaims, peekKid } from '../../api/identity/jws.ts';
import { sha256 } from '../../api/identity/sha256.ts';
import { signTerm } from '../../api/ledger/statements/term.ts';
import { MAX_SEQ, readEntries } from '../../api/store/entries.ts';
import { ownCaller } from '../support/approval.ts';
import { appointment, eventually, openNetwork, type Network, type Replica } from '../support/replicas.ts';

const P = 'grower.example';
const B = 'packer.example';
const W = 'witness.example';
const BOOK = `${P}/season`;
const admin = ownCaller(P, 'ADMINISTRATOR');

let network: Network;
beforeEach(async () => {
  network = await openNetwork([P, B, W]);
  const { approval, replication } = network.node(P);
  await approval.createBook(admin, { name: 'season', title: 'Season' });
  await replication.appoint(appointment(BOOK, B, W));
  await eventually(async () => (await viewOf(P)).insync.length === 2);
});
afterEach(() => network.close());

async function viewOf(organisation: string) {
  const view = await network.node(organisation).replication.view(BOOK);
  if (!view) throw new Error('no view');
  return view;
}

async function approve(node: Replica): Promise<string> {
  const [view] = await node.approval.requestUpdates(admin, [
    {
      book: BOOK,
      key: randomUUID(),
      changes: [
        {
          record: `urn:x:${randomUUID()}`,
          kind: 'NOTE',
          base: 0,
          content: { about: ['urn:x:1'], text: 'a' },
        },
      ],
    },
  ]);
  return view?.error?.code ?? view?.state ?? 'nothing';
}

/** The owner's people ask the other member. */
async function askAs(owner: string, to: string): Promise<string> {
  const asker = { client: owner, roles: ['ADMINISTRATOR'], content: sha256(randomUUID()) };
  const changes = [
    { record: `urn:x:${randomUUID()}`, type: 'NOTE', base: 0, fields: { about: ['urn:x:1'], text: 'a' } },
  ];
  const { state, error } = await network.sign(owner, to, { book: BOOK, changes, asker });
  return error?.code ?? state;
}

/** A thief of the first key of the witness gives the right back to the primary, through the hands of the backup. */
async function forgeTerm(n: number): Promise<void> {
  const { mandate: m, termToken } = await viewOf(P);
  const { len, head } = (peekClaims(termToken) ?? {}) as { len: number; head: string };
  const claims = {
    iss: W,
    book: BOOK,
    n,
    m,
    holder: P,
    insync: [P],
    registrar: W,
    why: 'take-over' as const,
  };
  const stolen = network.firstSigner(W);
  const term = await signTerm(
    { ...claims, prev: sha256(termToken), iat: Date.now() / 1000, len, head },
    stolen,
  );
  await network.node(P).replication.receive(B, { book: BOOK, knows: { m, n }, terms: [term] });
}

/** The log as a node has it: of each entry what it is, and the number of the key that signed it. */
async function logOf(organisation: string): Promise<{ entry: string; token: string }[]> {
  const entries = await readEntries(network.node(organisation).db.pool, {
    book: BOOK,
    after: 0,
    limit: MAX_SEQ,
  });
  return entries.map(({ entry: { kind, record, version, token } }) => ({
    entry: kind === 'KEY' ? `KEY ${record.split(':').at(-1)} ${version}` : kind,
    token,
  }));
}

const kidsOf = (log: { entry: string; token: string }[], kind: string) =>
  log.filter(({ entry }) => entry === kind).map(({ token }) => peekKid(token));

test('the holder changes its key, and the backup stores only what the key in force has signed', async () => {
  expect(await approve(network.node(P))).toBe('APPROVED');
  await network.changeKey(P);
  expect(await approve(network.node(P))).toBe('APPROVED');
  const log = await logOf(P);
  const own = [`KEY ${P} 1`, `KEY ${P} 2`];
  expect(log.map(({ entry }) => entry).filter((entry) => entry.startsWith('KEY'))).toEqual(own);
  expect(new Set(kidsOf(log, 'NOTE')).size).toBe(2);
  await eventually(async () => (await logOf(B)).length === log.length);
  expect(await logOf(B)).toEqual(log);
});

test('the witness changes its key: its next term counts, and stands behind the statement of the key', async () => {
  await network.changeKey(W);
  const { replication } = network.node(P);
  // The other member may be behind for a moment.
  await eventually(() =>
    replication.handOver(BOOK).then(
      () => true,
      () => false,
    ),
  );
  await eventually(async () => (await viewOf(B)).holder === B && (await viewOf(B)).insync.length === 2);
  await eventually(async () => (await askAs(P, B)) === 'APPROVED');
  const log = (await logOf(B)).map(({ entry }) => entry);
  const place = log.lastIndexOf(`KEY ${W} 2`);
  expect(place).toBeGreaterThan(log.indexOf('TERM'));
  expect(place).toBeLessThan(log.lastIndexOf('TERM'));
  const before = await viewOf(P);
  await forgeTerm(before.term + 1);
  expect((await viewOf(P)).term).toBe(before.term);
  await network.node(B).cut();
  await network.node(B).restart();
  await eventually(async () => (await viewOf(B)).terms.length === (await viewOf(P)).terms.length);
});

test('the backup changes its key while it is away, comes back, and its receipts count again', async () => {
  network.part(P, B);
  await eventually(async () => (await viewOf(P)).insync.length === 1);
  expect(await approve(network.node(P))).toBe('APPROVED');
  await network.changeKey(B);
  network.mend();
  await eventually(async () => (await viewOf(P)).insync.length === 2);
  expect(await approve(network.node(P))).toBe('APPROVED');
  await eventually(async () => (await logOf(P)).some(({ entry }) => entry === `KEY ${B} 2`));
});
