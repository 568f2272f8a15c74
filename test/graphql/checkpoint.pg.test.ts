import { randomUUID } from 'node:crypto';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openCheckpoints } from '../../api/checkpoints/checkpoints.ts';
import type { CheckpointDeps } from '../../api/checkpoints/deps.ts';
import { makeCheckpoint } from '../../api/checkpoints/make.ts';
import { openHub, type Hub } from '../../api/delivery/hub.ts';
import { openReading } from '../../api/delivery/reading.ts';
import { peekClaims } from '../../api/identity/jws.ts';
import { tokenHash } from '../../api/ledger/change.ts';
import { parseCheckpoint } from '../../api/ledger/checkpoint.ts';
import { type HeadProof, verifyHead } from '../../api/ledger/heads/proof.ts';
import { verifyConsistency, verifyInclusion } from '../../api/ledger/proofs.ts';
import { readEntries } from '../../api/store/entries.ts';
import { openAuthority, ownCaller, partnerCaller, type TestAuthority } from '../support/approval.ts';
import { audience, grantTerms } from '../support/grant.ts';
import { serveGraphql, type GraphqlEndpoint } from '../support/graphql.ts';

const OWNER = 'farm.example';
const PARTNER = 'packer.example';
const BOOK = `${OWNER}/harvest`;
const admin = ownCaller(OWNER, 'ADMINISTRATOR', 'VIEWER');
const lot = (nr: number): string => `https://id.gs1.org/01/09521234543213/10/L${nr}`;
const NOTE = 'urn:uuid:6e0b4c1a-0f6c-4b64-9a7e-1d1a6c0f9d10';

let node: TestAuthority;
let hub: Hub;
let endpoint: GraphqlEndpoint;
let sizes: number[];

async function change(record: string, kind: 'LOT' | 'NOTE', base: number, content: object): Promise<void> {
  const changes = [{ record, kind, base, content }];
  const [view] = await node.approval.requestUpdates(admin, [{ book: BOOK, key: randomUUID(), changes }]);
  expect(view?.state).toBe('APPROVED');
}

beforeAll(async () => {
  node = await openAuthority(OWNER);
  const { db, bell, grants, signer, clock } = node;
  const log = pino({ level: 'silent' });
  await node.approval.createBook(admin, { name: 'harvest', title: 'Harvest' });
  const terms = grantTerms({
    audience: audience(PARTNER),
    selector: { kinds: ['LOT'], products: [], lots: [], records: [], from: null, until: null },
  });
  await node.approval.changeGrant(admin, { book: BOOK, id: 'urn:lotbook:grant:lots', terms, base: 0 });
  const [key] = node.keys.values();
  if (!key) throw new Error('no key');
  const deps: CheckpointDeps = {
    pool: db.pool,
    bell,
    log,
    clock: () => clock.now,
    monotonic: () => performance.now(),
    organisation: OWNER,
    noteSigner: () => ({ name: OWNER, key, signer }),
    checkpointMs: 1_000,
    isBusy: () => false,
    isLeading: () => true,
    mayState: () => true,
    state: (book, entry) => node.approval.sequencer.state(book, entry),
    keysOf: () => Promise.resolve(node.keys),
    keyNow: () => Promise.resolve(node.keys),
    addCheckpoint: () => Promise.reject(new Error('no witness')),
  };
  const length = async () =>
    (await db.pool.query<{ length: number }>('SELECT length FROM book')).rows[0]?.length ?? 0;
  await change(lot(1), 'LOT', 0, { quantity: '1.00', uom: 'KGM' });
  await change(NOTE, 'NOTE', 0, { about: [lot(1)], text: 'not for partners' });
  await makeCheckpoint(deps, BOOK, await length());
  await change(lot(1), 'LOT', 1, { quantity: '2.00', uom: 'KGM' });
  await makeCheckpoint(deps, BOOK, await length());
  sizes = (await readEntries(db.pool, { book: BOOK, after: 0, limit: 100 })).flatMap(({ entry }) =>
    entry.kind === 'HEADS' ? entry.seq : [],
  );
  const sources = { db, grants, organisation: OWNER, clock: () => clock.now, bell, log };
  hub = openHub({ ...sources, config: { heartbeatMs: 60_000, slowReaderMs: 60_000 } });
  endpoint = await serveGraphql(
    { partner: partnerCaller(PARTNER), stranger: partnerCaller('stranger.example'), admin },
    {
      hub,
      reading: openReading(sources),
      replication: { mayAsk: () => Promise.resolve(false) } as never,
      checkpoints: openCheckpoints(deps, { shown: () => Promise.resolve(null) }),
    },
  );
}, 60_000);

afterAll(async () => {
  await hub?.close();
  await endpoint?.close();
  await node?.close();
});

const HEADS = `query ($book: ID!, $size: Int!, $records: [ID!]!) {
  headProofs(book: $book, size: $size, records: $records) { record siblings leaf { key head } }
}`;
const [first, last] = [() => sizes[0] as number, () => sizes[1] as number];

async function checkpointOf(as: string, size: number | null) {
  const query =
    'query ($book: ID!, $size: Int) { checkpoint(book: $book, size: $size) { size root note heads } }';
  const { data } = await endpoint.call(as, query, { book: BOOK, size });
  return data?.['checkpoint'] as { size: number; root: string; note: string; heads: string } | null;
}

describe('whoever may read a part of a book', () => {
  test('gets its checkpoints, and proofs that hold under them', async () => {
    const [older, newer] = [await checkpointOf('partner', first()), await checkpointOf('partner', null)];
    if (!older || !newer) throw new Error('no checkpoints');
    expect([older.size, newer.size]).toEqual(sizes);
    expect(parseCheckpoint(newer.note)).toMatchObject({ origin: BOOK, size: newer.size, root: newer.root });
    const { data } = await endpoint.call(
      'partner',
      `query ($book: ID!, $from: Int!, $to: Int!) {
         consistencyProof(book: $book, from: $from, to: $to) inclusionProof(book: $book, seq: $to, size: $to)
       }`,
      { book: BOOK, from: older.size, to: newer.size },
    );
    const range = { from: older.size, to: newer.size, rootFrom: older.root, rootTo: newer.root };
    expect(verifyConsistency(range, data?.['consistencyProof'] as string[])).toBe(true);
    const leaf = { tokenHash: tokenHash(newer.heads), seq: newer.size, size: newer.size, root: newer.root };
    expect(verifyInclusion(leaf, data?.['inclusionProof'] as string[])).toBe(true);
  });

  test('gets the heads of the records that it may see, by each of the last checkpoints, and of no others', async () => {
    const entries = await readEntries(node.db.pool, { book: BOOK, after: 0, limit: 100 });
    const tokenOf = (version: number) =>
      entries.find(({ entry }) => entry.record === lot(1) && entry.version === version)?.entry.token ?? '';
    const records = [NOTE, lot(1), lot(2), 'urn:lotbook:grant:editors', 'urn:lotbook:heads'];
    for (const [version, size] of [
      [1, first()],
      [2, last()],
    ] as const) {
      const { data } = await endpoint.call('partner', HEADS, { book: BOOK, size, records });
      const proofs = data?.['headProofs'] as (HeadProof & { record: string })[];
      expect(proofs.map(({ record }) => record)).toEqual([lot(1)]);
      const { root } = peekClaims((await checkpointOf('partner', size))?.heads ?? '') as { root: string };
      expect(verifyHead(root, lot(1), proofs[0] as HeadProof)).toBe(tokenHash(tokenOf(version)));
    }
    const { data } = await endpoint.call('admin', HEADS, { book: BOOK, size: last(), records });
    const proofs = data?.['headProofs'] as { record: string }[] | undefined;
    expect(proofs?.map(({ record }) => record)).toEqual([NOTE, lot(1), 'urn:lotbook:grant:editors']);
  });

  test('is handed the last checkpoint at the end of the feed, once', async () => {
    const FEED = `subscription ($book: ID!, $after: ID) {
      feed(book: $book, after: $after, batch: 64) { cursor items { kind token } caughtUp }
    }`;
    const begin = async (after: string | null) => {
      for await (const { data } of endpoint.subscribe('partner', FEED, { book: BOOK, after })) {
        const batch = data?.['feed'] as {
          cursor: string;
          items: { kind: string; token: string }[];
          caughtUp: boolean;
        };
        if (batch.caughtUp) return batch;
      }
      throw new Error('the feed ended');
    };
    const { cursor, items } = await begin(null);
    expect(items.slice(-2).map(({ kind }) => kind)).toEqual(['HEADS', 'CHECKPOINT']);
    expect(items.at(-1)?.token).toBe((await checkpointOf('partner', null))?.note);
    expect((await begin(cursor)).items).toEqual([]);
  });
});

describe('nobody', () => {
  test('else gets anything, nor learns whether there is such a book', async () => {
    expect(await checkpointOf('stranger', null)).toBeNull();
    const asked = async (as: string, book: string) => {
      const proof = 'query ($book: ID!) { inclusionProof(book: $book, seq: 1, size: 1) }';
      const { errors } = await endpoint.call(as, proof, { book });
      return errors?.map(({ message, extensions }) => [message, extensions['code']]);
    };
    expect(await asked('stranger', BOOK)).toEqual(await asked('stranger', `${OWNER}/none`));
    const { errors } = await endpoint.call('stranger', HEADS, {
      book: BOOK,
      size: last(),
      records: [lot(1)],
    });
    expect(errors?.[0]?.extensions).toMatchObject({ code: 'NOT_FOUND' });
    const { data } = await endpoint.call(
      'partner',
      'query ($book: ID!) { verification(book: $book) { unverified } }',
      { book: BOOK },
    );
    expect(data?.['verification'] ?? null).toBeNull();
  });

  test('gets a proof of what no checkpoint covers, or of places that are not', async () => {
    const codes = Object.fromEntries(
      await Promise.all(
        [
          ['beyond', `inclusionProof(book: "${BOOK}", seq: 1, size: ${last() + 1})`],
          ['after', `inclusionProof(book: "${BOOK}", seq: 3, size: 2)`],
          ['zero', `inclusionProof(book: "${BOOK}", seq: 0, size: 2)`],
          ['backwards', `consistencyProof(book: "${BOOK}", from: 3, to: 2)`],
        ].map(async ([name, field]) => {
          const { errors } = await endpoint.call('partner', `{ ${field} }`);
          return [name, errors?.[0]?.extensions['code']];
        }),
      ),
    ) as Record<string, unknown>;
    expect(codes).toEqual({
      beyond: 'NOT_FOUND',
      after: 'BAD_INPUT',
      zero: 'BAD_INPUT',
      backwards: 'BAD_INPUT',
    });
    const { errors } = await endpoint.call('partner', HEADS, {
      book: BOOK,
      size: last() - 1,
      records: [lot(1)],
    });
    expect(errors?.[0]?.extensions).toMatchObject({ code: 'NOT_FOUND' });
  });
});
