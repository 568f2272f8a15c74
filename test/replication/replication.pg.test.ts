import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { markRestored } from '../../api/store/restored.ts';
import { ownCaller } from '../support/approval.ts';
import { audience, grantTerms } from '../support/grant.ts';
import { appointment, eventually, openNetwork, type Network, type Replica } from '../support/replicas.ts';

const P = 'grower.example';
const B = 'packer.example';
const W = 'witness.example';
/** A partner that asks for updates. */
const T = 'buyer.example';
const BOOK = `${P}/season`;
const admin = ownCaller(P, 'ADMINISTRATOR');

let network: Network;
let lots = 0;
beforeEach(async () => {
  network = await openNetwork([P, B, W, T]);
  const { approval } = network.node(P);
  await approval.createBook(admin, { name: 'season', title: 'Season' });
  const terms = grantTerms({ right: 'CHANGE', audience: audience(T) });
  await approval.changeGrant(admin, { book: BOOK, id: 'urn:lotbook:grant:t', terms, base: 0 });
});
afterEach(() => network.close());

async function approve(node: Replica, count = 1) {
  const updates = Array.from({ length: count }, () => ({
    book: BOOK,
    key: randomUUID(),
    changes: [
      {
        record: newLot(),
        kind: 'LOT' as const,
        base: 0,
        content: { quantity: '12.50', uom: 'KGM' },
      },
    ],
  }));
  return node.approval.requestUpdates(admin, updates);
}

/** The partner asks a node for one new lot. */
async function ask(node: Replica, record = newLot(), key?: string): Promise<string> {
  const { state, error } = await network.ask(T, node.organisation, {
    book: BOOK,
    record,
    ...(key && { key }),
  });
  return error ? error.code : state;
}

function newLot(): string {
  return `https://id.gs1.org/01/09521141012345/10/L${(lots += 1)}`;
}

async function view(node: Replica) {
  const found = await node.replication.view(BOOK);
  if (!found) throw new Error('no view');
  return found;
}

async function log(node: Replica): Promise<string[]> {
  const { rows } = await node.db.pool.query<{ token: string }>(
    'SELECT token FROM entry WHERE book = $1 ORDER BY seq',
    [BOOK],
  );
  return rows.map(({ token }) => token);
}

function isChange(token: string): boolean {
  return Buffer.from(token.split('.')[0] ?? '', 'base64url').includes('trace-change');
}

const inSync = (node: Replica) => async () => (await node.replication.view(BOOK))?.insync.length === 2;

describe('a book with a backup and a witness', () => {
  test('is copied whole to the backup, and every change is stored there before it counts', async () => {
    const [p, b] = [network.node(P), network.node(B)];
    await approve(p, 5);
    await p.replication.appoint(appointment(BOOK, B, W));
    await eventually(inSync(p));
    const views = await approve(p, 20);
    expect(views.map(({ state, error }) => error ?? state)).toEqual(Array(20).fill('APPROVED'));
    await eventually(async () => isDeepStrictEqual(await log(b), await log(p)));
    expect((await view(p)).state).toBe('HELD');
  });
});

describe('when the holder fails', () => {
  beforeEach(async () => {
    const p = network.node(P);
    await approve(p, 3);
    await p.replication.appoint(appointment(BOOK, B, W));
    await eventually(inSync(p));
  });

  /** A requester at B is not answered by the holder, and says so to the backup until it takes over. */
  async function takeOver(): Promise<void> {
    const b = network.node(B);
    await eventually(async () => {
      b.replication.notice(BOOK, {
        iss: 'x.example',
        aud: B,
        book: BOOK,
        about: P,
        n: (await view(b)).term,
      } as never);
      return (await view(b)).holder === B && b.replication.deskOf(BOOK)?.seat?.mayWrite();
    });
  }

  test('the backup takes the right after a notice and its own silence, and approves', async () => {
    const [p, b] = [network.node(P), network.node(B)];
    await approve(p, 10);
    p.cut();
    await takeOver();
    expect(await ask(b)).toBe('APPROVED');
    const { holder, insync, why } = await view(b);
    expect({ holder, insync, why }).toEqual({ holder: B, insync: [B], why: 'take-over' });
  });

  test('the primary catches up when it is back, and the right goes back to it', async () => {
    const [p, b] = [network.node(P), network.node(B)];
    p.cut();
    await takeOver();
    expect(await ask(b)).toBe('APPROVED');
    expect(await ask(b)).toBe('APPROVED');
    await p.restart();
    await eventually(async () => (await view(p)).holder === P && (await view(p)).insync.length === 2);
    await eventually(async () => (await ask(p)) === 'APPROVED');
    await eventually(async () => isDeepStrictEqual(await log(b), await log(p)));
    expect((await view(p)).terms.map(({ why }) => why)).toEqual([
      'appoint',
      'add',
      'take-over',
      'add',
      'hand-over',
    ]);
  });

  test('the owner can go on without what a lost backup alone had, and the backup takes the book anew', async () => {
    const [p, b] = [network.node(P), network.node(B)];
    await eventually(async () => (await log(b)).length === (await log(p)).length);
    p.cut();
    await takeOver();
    expect(await ask(b)).toBe('APPROVED');
    const lost = await log(b);
    b.cut();
    await p.restart();
    const before = await log(p);
    await eventually(async () => (await view(p)).state === 'SILENT');
    await p.replication.appoint({ ...appointment(BOOK, B, W), acceptLoss: true });
    await eventually(async () => (await ask(p)) === 'APPROVED');
    const after = await log(p);
    expect(after.slice(0, before.length)).toEqual(before);
    const change = lost.slice(before.length).filter(isChange);
    expect(change).toHaveLength(1);
    expect(after).not.toContain(change[0]);
    await b.restart();
    await eventually(async () => (await view(p)).insync.length === 2);
    expect(await ask(p)).toBe('APPROVED');
    await eventually(async () => isDeepStrictEqual(await log(b), await log(p)));
    const { rows } = await b.db.pool.query<{ item: string }>(
      `SELECT item FROM quarantine WHERE code = 'VOID' ORDER BY seq`,
    );
    expect(rows.map(({ item }) => item)).toEqual(lost.slice(before.length));
  });

  test('a loss is accepted only where there is one', async () => {
    const { replication } = network.node(P);
    const accept = replication.appoint({ ...appointment(BOOK, B, W), acceptLoss: true });
    await expect(accept).rejects.toMatchObject({ code: 'BAD_INPUT', details: { place: 'input.acceptLoss' } });
  });

  test('a notice alone changes nothing while the backup hears the holder', async () => {
    const [p, b] = [network.node(P), network.node(B)];
    for (let turn = 0; turn < 20; turn += 1) {
      b.replication.notice(BOOK, { iss: 'x.example', aud: B, book: BOOK, about: P, n: 3 } as never);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    expect((await view(p)).terms.map(({ why }) => why)).toEqual(['appoint', 'add']);
  });

  test('a holder that is cut off from both approves nothing, and what it proposed gives way to what the backup approved', async () => {
    const [p, b] = [network.node(P), network.node(B)];
    network.part(P, B);
    network.part(P, W);
    const lost = ask(p);
    await takeOver();
    expect(await ask(b)).toBe('APPROVED');
    expect(await lost).toBe('UNABLE');
    network.mend();
    await eventually(async () => (await view(p)).holder === P && (await view(b)).holder === P);
    await approve(p);
    await eventually(async () => isDeepStrictEqual(await log(b), await log(p)));
  });

  test('the holder goes on with the witness while the backup is away', async () => {
    const [p, b] = [network.node(P), network.node(B)];
    b.cut();
    await eventually(async () => (await view(p)).insync.length === 1);
    const views = await approve(p, 30);
    expect(new Set(views.map(({ state, error }) => error ?? state))).toEqual(new Set(['APPROVED']));
    await b.restart();
    await eventually(inSync(p));
    await eventually(async () => isDeepStrictEqual(await log(b), await log(p)));
  });

  test('it hands the right over when it is told to, and nobody is refused meanwhile', async () => {
    const [p, b] = [network.node(P), network.node(B)];
    await eventually(() =>
      p.replication.handOver(BOOK).then(
        () => true,
        () => false,
      ),
    );
    expect((await view(p)).holder).toBe(B);
    await eventually(() => b.replication.deskOf(BOOK)?.seat?.mayWrite());
    expect(await ask(b)).toBe('APPROVED');
  });

  test('the same request has one effect, whoever is asked', async () => {
    const [p, b] = [network.node(P), network.node(B)];
    const update = { book: BOOK, key: 'the-one', record: newLot() };
    const first = await network.ask(T, P, update);
    await eventually(async () => (await log(b)).length === (await log(p)).length);
    p.cut();
    await takeOver();
    const again = await network.ask(T, B, update);
    expect({ id: again.id, outcome: again.outcome }).toEqual({ id: first.id, outcome: first.outcome });
  });

  test('a request that comes again while it is under way gets the same answer, each time', async () => {
    const update = { book: BOOK, key: 'again', record: newLot() };
    const answers = await Promise.all(Array.from({ length: 4 }, () => network.ask(T, P, update)));
    expect(new Set(answers.map(({ id }) => id)).size).toBe(1);
    expect(new Set(answers.map(({ state }) => state))).toEqual(new Set(['APPROVED']));
  });

  test('a witness that was restored from an older copy makes no term before it knows all that it has made', async () => {
    const [p, b, w] = [network.node(P), network.node(B), network.node(W)];
    const { term: n } = await view(w);
    const { rows } = await w.db.pool.query<{ register: string; frontier: Buffer }>(
      'SELECT register, frontier FROM authority WHERE book = $1',
      [BOOK],
    );
    b.cut();
    await approve(p, 3);
    const approved = await log(p);
    expect((await view(w)).term).toBe(n + 1);
    p.cut();
    await w.db.pool.query('UPDATE authority SET term = $2, register = $3, frontier = $4 WHERE book = $1', [
      BOOK,
      n,
      rows[0]?.register,
      rows[0]?.frontier,
    ]);
    await w.db.pool.query(`DELETE FROM statement WHERE book = $1 AND kind = 'TERM' AND nr > $2`, [BOOK, n]);
    await markRestored(w.db.pool);
    w.cut();
    await w.restart();
    await b.restart();
    // The backup knows no more than the copy: together they would make term n + 1 once more.
    let heard = 0;
    const { replication } = network.node(W);
    const { receive } = replication;
    replication.receive = (from, body) => {
      if (from === B) heard += (body as { messages: unknown[] }).messages.length;
      return receive(from, body);
    };
    await eventually(async () => {
      const notice = { iss: 'x.example', aud: B, book: BOOK, about: P, n };
      network.node(B).replication.notice(BOOK, notice as never);
      return heard > 20;
    });
    expect((await view(network.node(W))).term).toBe(n);
    await p.restart();
    await eventually(inSync(network.node(P)));
    await eventually(async () => (await log(network.node(B))).length >= approved.length);
    for (const node of [P, B])
      expect((await log(network.node(node))).slice(0, approved.length)).toEqual(approved);
    for (const node of [P, B, W]) expect((await view(network.node(node))).evidence).toEqual([]);
  });

  test('a refusal is an entry of the log: the backup gives the same answer', async () => {
    const [p, b] = [network.node(P), network.node(B)];
    const record = newLot();
    expect(await ask(p, record)).toBe('APPROVED');
    const update = { book: BOOK, key: 'stale', record, base: 7 };
    const first = await network.ask(T, P, update);
    expect(first.error?.code).toBe('STALE_BASE');
    await eventually(async () => (await log(b)).length === (await log(p)).length);
    p.cut();
    await takeOver();
    const again = await network.ask(T, B, update);
    expect(again).toMatchObject({ id: first.id, state: 'REFUSED', error: { code: 'STALE_BASE' } });
  });
});

describe('a book without a witness', () => {
  test('keeps its register at the primary; the backup takes over by an operator’s word, and the primary follows', async () => {
    const [p, b] = [network.node(P), network.node(B)];
    await p.replication.appoint(appointment(BOOK, B, null));
    await eventually(inSync(b));
    await expect(b.replication.takeOver(BOOK, `${B}/operator`)).rejects.toMatchObject({ code: 'CONFLICT' });
    p.cut();
    await eventually(async () => (await view(b)).state === 'SILENT');
    await b.replication.takeOver(BOOK, `${B}/operator`);
    await eventually(() => b.replication.deskOf(BOOK)?.seat?.mayWrite());
    expect(await ask(b)).toBe('APPROVED');
    expect((await view(b)).terms.at(-1)?.confirmedBy).toBe(`${B}/operator`);
    await p.restart();
    await eventually(async () => (await view(p)).holder === P);
    await eventually(async () => (await ask(p)) === 'APPROVED');
  });
});

describe('when the owner replaces the backup', () => {
  const C = 'cooler.example';

  test('the new one is given the whole book, and the old one is asked no more', async () => {
    const p = network.node(P);
    await network.add(C);
    await p.replication.appoint(appointment(BOOK, B, W));
    await eventually(inSync(p));
    expect(await ask(p)).toBe('APPROVED');
    network.node(B).cut();
    await p.replication.appoint(appointment(BOOK, C, W));
    await eventually(async () => (await view(p)).backup === C && (await view(p)).insync.length === 2);
    expect(await ask(p)).toBe('APPROVED');
    await eventually(async () => (await log(network.node(C))).length === (await log(p)).length);
    expect(await log(network.node(C))).toEqual(await log(p));
    p.cut();
    await eventually(async () => {
      const c = network.node(C);
      c.replication.notice(BOOK, { iss: T, aud: C, book: BOOK, about: P, n: (await view(c)).term } as never);
      return (await ask(c)) === 'APPROVED';
    });
  });
});

describe('when the owner makes the backup the primary', () => {
  test('the right goes there and stays there, and the owner’s node is the backup', async () => {
    const p = network.node(P);
    await p.replication.appoint(appointment(BOOK, B, W));
    await eventually(inSync(p));
    await p.replication.appoint({ ...appointment(BOOK, P, W), primary: B });
    await eventually(async () => (await view(p)).holder === B && (await view(p)).insync.length === 2);
    expect(await ask(network.node(B))).toBe('APPROVED');
    expect((await view(p)).primary).toBe(B);
  });
});
