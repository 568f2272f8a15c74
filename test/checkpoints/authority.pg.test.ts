import { randomUUID } from 'node:crypto';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CheckpointDeps } from '../../api/checkpoints/deps.ts';
import { growLog } from '../../api/checkpoints/log-nodes.ts';
import { makeCheckpoint } from '../../api/checkpoints/make.ts';
import { openProofs } from '../../api/checkpoints/proofs.ts';
import { takeShown } from '../../api/checkpoints/shown.ts';
import { addCheckpoint } from '../../api/checkpoints/witness.ts';
import { sha256 } from '../../api/identity/sha256.ts';
import { cosignedAt, parseCheckpoint, signCheckpoint } from '../../api/ledger/checkpoint.ts';
import { isSignedBy, type NoteSigner } from '../../api/ledger/note.ts';
import { HEADS_RECORD, signHeads } from '../../api/ledger/statements/heads.ts';
import { readEvidence } from '../../api/store/authority.ts';
import { readLogState } from '../../api/store/log-nodes.ts';
import { ownCaller } from '../support/approval.ts';
import { appointment, eventually, openNetwork, type Network } from '../support/replicas.ts';

const [P, B, W] = ['grower.example', 'packer.example', 'witness.example'];
const BOOK = `${P}/season`;
const admin = ownCaller(P, 'ADMINISTRATOR');

let network: Network;

beforeAll(async () => {
  network = await openNetwork([P, B, W]);
  const primary = network.node(P);
  await primary.approval.createBook(admin, { name: 'season', title: 'Season' });
  await primary.replication.appoint(appointment(BOOK, B, W));
  await eventually(async () => (await primary.replication.view(BOOK))?.insync.length === 2);
}, 60_000);
afterAll(() => network.close());

async function change(): Promise<void> {
  const record = `https://id.gs1.org/01/09521141012345/10/${randomUUID().slice(0, 8)}`;
  const changes = [{ record, kind: 'LOT' as const, base: 0, fields: { quantity: '1.00', uom: 'KGM' } }];
  const [view] = await network
    .node(P)
    .approval.requestUpdates(admin, [{ book: BOOK, key: randomUUID(), changes }]);
  expect(view?.state).toBe('APPROVED');
}

/** The checkpoint room of a node, joined to the witness by a function call. */
function depsOf(organisation: string): CheckpointDeps {
  const node = network.node(organisation);
  return {
    pool: node.db.pool,
    bell: { ring: () => undefined },
    log: pino({ level: 'silent' }),
    clock: Date.now,
    monotonic: () => performance.now(),
    organisation,
    noteSigner: () => node.noteSigner,
    checkpointMs: 1_000,
    isBusy: () => false,
    isLeading: () => true,
    mayState: () => true,
    state: (book, entry) => node.approval.sequencer.state(book, entry),
    keysOf: () => Promise.resolve(new Map()),
    keyNow: (id) => {
      const { key } = network.node(id).noteSigner;
      return Promise.resolve(new Map([[key.kid, key]]));
    },
    addCheckpoint: (_, given) => addCheckpoint(depsOf(W), organisation, given),
  };
}

const lengthAt = async (organisation: string): Promise<number> => {
  const { rows } = await network
    .node(organisation)
    .db.pool.query<{ length: number }>('SELECT length FROM book');
  return rows[0]?.length ?? 0;
};
const headsAt = async (organisation: string): Promise<number> => {
  const sql = `SELECT count(*)::int AS count FROM entry WHERE kind = 'HEADS'`;
  const { rows } = await network.node(organisation).db.pool.query<{ count: number }>(sql);
  return rows[0]?.count ?? 0;
};
const last = async () => {
  const checkpoint = await openProofs(network.node(P).db.pool).checkpoint(BOOK, null);
  const read = checkpoint && parseCheckpoint(checkpoint.note);
  if (!read) throw new Error('no checkpoint');
  return { ...read, text: checkpoint.note };
};

describe('in a book with a backup and a witness', () => {
  test('the backup works out the heads that the holder states, and the witness cosigns the checkpoint', async () => {
    for (let nr = 0; nr < 2; nr += 1) {
      await change();
      await makeCheckpoint(depsOf(P), BOOK, await lengthAt(P));
    }
    const checkpoint = await last();
    expect(checkpoint.size).toBe(await lengthAt(P));
    expect(isSignedBy(checkpoint.note, P, [network.node(P).noteSigner.key])).toBe(true);
    expect(cosignedAt(checkpoint, W, [network.node(W).noteSigner.key])).not.toBeNull();
    expect(await headsAt(B)).toBe(2);
    // What it worked out for that is what the holder has.
    const ours = await readLogState(network.node(B).db.pool, BOOK);
    const theirs = await readLogState(network.node(P).db.pool, BOOK);
    expect(ours.headsSize).toBeGreaterThan(0);
    expect([ours.headsSize, ours.headsRoot]).toEqual([theirs.headsSize, theirs.headsRoot]);
  });

  test('the witness cosigns nothing that does not continue what it has cosigned, and keeps a second log as evidence', async () => {
    const { size, text } = await last();
    const witness = depsOf(W);
    const forged = await signCheckpoint(
      { origin: BOOK, size, root: sha256('another log') },
      network.node(P).noteSigner,
    );
    const longer = await signCheckpoint(
      { origin: BOOK, size: size + 1, root: sha256('x') },
      network.node(P).noteSigner,
    );
    const add = (from: string, old: number, note: string) =>
      addCheckpoint(witness, from, { book: BOOK, old, proof: [], note });
    expect(await add(P, 0, text)).toEqual({ cosignatures: null, size });
    await expect(add(P, size, longer)).rejects.toMatchObject({ code: 'UNVERIFIED' });
    await expect(add('stranger.example', size, text)).rejects.toMatchObject({ code: 'NOT_PERMITTED' });
    const stranger = await signCheckpoint(
      { origin: BOOK, size, root: sha256('x') },
      network.node(W).noteSigner,
    );
    await expect(add(P, size, stranger)).rejects.toMatchObject({ code: 'UNVERIFIED' });
    expect(await readEvidence(witness.pool, BOOK)).toEqual([]);
    await expect(add(P, size, forged)).rejects.toMatchObject({ code: 'UNVERIFIED' });
    expect(await readEvidence(witness.pool, BOOK)).toMatchObject([{ kind: 'CHECKPOINT', second: forged }]);
    expect((await add(P, size, text)).cosignatures).toContain(W);
  });

  test('a member that is shown a checkpoint of another log keeps it; a note that nobody signed tells nothing', async () => {
    const { size, text } = await last();
    const backup = depsOf(B);
    const forged = await signCheckpoint(
      { origin: BOOK, size: size - 1, root: sha256('another') },
      network.node(P).noteSigner,
    );
    expect(await takeShown(depsOf(P), B, BOOK, text)).toBe(text);
    expect(await takeShown(depsOf(P), B, BOOK, text.replace(P, B))).toBeNull();
    // Its own log is kept in the background.
    await growLog(backup.pool, BOOK);
    await takeShown(backup, W, BOOK, forged);
    expect(await readEvidence(backup.pool, BOOK)).toMatchObject([{ kind: 'CHECKPOINT', second: forged }]);
  });

  test('a key that another one took the place of plants no evidence of a fork, but for places where it was in force', async () => {
    const [backup, witness] = [depsOf(B), depsOf(W)];
    const thief = network.node(P).noteSigner;
    const { size: earlier } = await last();
    await network.changeKey(P);
    await change();
    await makeCheckpoint(depsOf(P), BOOK, await lengthAt(P));
    const { size } = await last();
    await eventually(async () => (await lengthAt(B)) === size);
    await growLog(backup.pool, BOOK);
    const forged = (at: number, by: NoteSigner) =>
      signCheckpoint({ origin: BOOK, size: at, root: sha256('one more log') }, by);
    const late = await forged(size, thief);
    const evidence = async ({ pool }: CheckpointDeps) =>
      (await readEvidence(pool, BOOK)).map(({ second }) => second);
    const held = [await evidence(backup), await evidence(witness)];
    expect(await takeShown(backup, W, BOOK, late)).toBeNull();
    expect(await takeShown(witness, B, BOOK, late)).toBeNull();
    await expect(
      addCheckpoint(witness, P, { book: BOOK, old: size, proof: [], note: late }),
    ).rejects.toMatchObject({
      code: 'UNVERIFIED',
      message: 'No member of the authority has signed the checkpoint.',
    });
    expect([await evidence(backup), await evidence(witness)]).toEqual(held);
    const inForce = network.node(P).noteSigner;
    const [early, own] = [await forged(earlier, thief), await forged(size, inForce)];
    for (const note of [early, own]) await takeShown(backup, W, BOOK, note);
    expect(await evidence(backup)).toEqual(expect.arrayContaining([early, own]));
    await takeShown(witness, B, BOOK, own);
    expect(await evidence(witness)).toContain(own);
  });

  test('the backup stands by no other heads than those that the records have', async () => {
    await change();
    const size = await lengthAt(P);
    const before = await headsAt(B);
    const lie = depsOf(P).state(BOOK, {
      kind: 'HEADS',
      record: HEADS_RECORD,
      version: null,
      sign: ({ seq, term, mandate, atMs }) =>
        signHeads(
          {
            iss: P,
            book: BOOK,
            seq,
            term,
            ...(mandate && { mandate }),
            iat: atMs / 1000,
            size,
            root: sha256('a lie'),
          },
          network.node(P).noteSigner.signer,
        ),
    });
    await expect(lie).rejects.toMatchObject({ code: 'UNABLE' });
    expect(await headsAt(B)).toBe(before);
    expect(await headsAt(P)).toBe(before);
  });
});
