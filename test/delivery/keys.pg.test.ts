import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { applyBatch, type Applied } from '../../api/delivery/apply.ts';
import type { ReceivedItem } from '../../api/delivery/copies.ts';
import type { PinnedKeys } from '../../api/identity/jws.ts';
import { openDatabase, type Database } from '../../api/store/database.ts';
import { keepCopy } from '../../api/store/feeds.ts';
import { openGrants } from '../../api/store/grants.ts';
import { keyLogOf } from '../identity/key-samples.ts';
import { ed25519, type TestKey } from '../identity/keys.ts';
import { freshDatabase, type FreshDatabase } from '../support/postgres.ts';
import { AUTHORITY, BOOK, keys as pinned, Log, ownerJwk, PARTNER, signer } from './support/log.ts';

const first: TestKey = { jwk: ownerJwk, signer, keys: pinned };
const second = ed25519();
const third = ed25519();

/** A partner's copy of a book whose owner changes its key: what the partner believes of what it is sent. */
let fresh: FreshDatabase | undefined;
let db: Database;
let log: Log;

beforeEach(async () => {
  await db?.close();
  await fresh?.drop();
  fresh = await freshDatabase();
  db = openDatabase({ url: fresh.url, poolSize: 2, applicationName: 'test' });
  log = new Log();
  const at = new Date();
  await keepCopy(db.pool, { id: BOOK, title: 'Main', owner: AUTHORITY, createdAt: at }, at);
});
afterAll(async () => {
  await db.close();
  await fresh?.drop();
});

function receive(items: ReceivedItem[], knownKeys: PinnedKeys = pinned): Promise<Applied> {
  const source = {
    book: BOOK,
    owner: AUTHORITY,
    from: AUTHORITY,
    keys: knownKeys,
    self: PARTNER.organisation,
    anew: 0,
  };
  return applyBatch(db.pool, source, openGrants(db.pool), { items, cursor: undefined }, new Date());
}

async function note(record: string, by: TestKey, text = 'a'): Promise<ReceivedItem> {
  log.authority = { ...log.authority, signer: by.signer };
  const { entry } = await log.change('NOTE', record, { text });
  return { kind: 'CHANGE', token: entry.token, disclosures: [], grants: [] };
}

/** The KEY entries that the honest owner writes when it changes its key. */
function keyItems(tokens: readonly string[]): ReceivedItem[] {
  return tokens.map((token) => ({
    kind: 'KEY',
    token,
    seq: log.add('KEY', token).entry.seq,
    disclosures: [],
    grants: [],
  }));
}

const codes = ({ quarantined }: Applied) => quarantined.map(({ seq, code }) => `${seq ?? '-'} ${code}`);

describe('a copy of a book whose owner changes its key', () => {
  it('takes what each key has signed where it was in force', async () => {
    const items = [
      await note('urn:x:1', first),
      ...keyItems(await keyLogOf([first, second], {}, AUTHORITY)),
      await note('urn:x:1', second),
    ];
    expect(await receive(items)).toMatchObject({ applied: 4, quarantined: [], keysOf: [AUTHORITY] });
    expect(await receive(items)).toMatchObject({ applied: 0, quarantined: [], keysOf: [] });
  });

  it('takes the old entries too where only the new key was ever pinned', async () => {
    const items = [
      await note('urn:x:1', first),
      ...keyItems(await keyLogOf([first, second], {}, AUTHORITY)),
      await note('urn:x:1', second),
    ];
    // The first one comes before anything vouches for its key: again after that it is believed.
    expect(codes(await receive(items, second.keys))).toEqual(['1 UNKNOWN_KEY']);
    expect(await receive(items.slice(0, 1), second.keys)).toMatchObject({ applied: 1, quarantined: [] });
  });

  it('refuses the retired key behind the change, however the time in the token is set', async () => {
    await receive(keyItems(await keyLogOf([first, second], {}, AUTHORITY)));
    log.now = Date.parse('2020-01-01T00:00:00Z');
    expect(codes(await receive([await note('urn:x:1', first)]))).toEqual(['3 KEY_RETIRED']);
  });

  it('notices the retired key at a place that is taken, and keeps both tokens as proof', async () => {
    await receive([
      await note('urn:x:1', first),
      ...keyItems(await keyLogOf([first, second], {}, AUTHORITY)),
      await note('urn:x:2', second),
    ]);
    const thief = log;
    log = new Log();
    const backdated = await note('urn:x:1', first, 'another story');
    log = thief;
    expect(codes(await receive([backdated]))).toEqual(['1 FORK']);
    const { rows } = await db.pool.query<{ second: string }>('SELECT second FROM evidence');
    expect(rows).toEqual([{ second: backdated.token }]);
  });

  it('refuses a stolen key from the place on from which it was revoked, also before the change', async () => {
    const items = [await note('urn:x:1', first), await note('urn:x:2', first), await note('urn:x:3', first)];
    const revoked = [{ kid: first.signer.kid, reason: 'stolen', from: [{ book: BOOK, seq: 2 }] }];
    const keyTokens = await keyLogOf([first, second], { revoked }, AUTHORITY);
    await receive([...keyItems(keyTokens)]);
    expect(codes(await receive(items))).toEqual(['2 KEY_REVOKED', '3 KEY_REVOKED']);
  });

  it('tells of what it holds already that a revocation makes void, and keeps it', async () => {
    const items = [await note('urn:x:1', first), await note('urn:x:2', first)];
    expect(await receive(items)).toMatchObject({ applied: 2, quarantined: [] });
    const revoked = [{ kid: first.signer.kid, reason: 'stolen', from: [{ book: BOOK, seq: 2 }] }];
    const told = await receive(keyItems(await keyLogOf([first, second], { revoked }, AUTHORITY)));
    expect(codes(told)).toEqual(['2 KEY_REVOKED']);
    const { rows } = await db.pool.query<{ seq: number }>(
      `SELECT seq FROM entry WHERE kind = 'NOTE' ORDER BY seq`,
    );
    expect(rows.map(({ seq }) => seq)).toEqual([1, 2]);
  });

  it('refuses a new key before the log says that it is in force', async () => {
    const early = await note('urn:x:1', second);
    await receive(keyItems(await keyLogOf([first, second], {}, AUTHORITY)));
    expect(codes(await receive([early]))).toEqual(['1 KEY_NOT_LOGGED']);
  });

  it('refuses a key that a thief of the current key puts after it, and all that it signs', async () => {
    const thief = ed25519();
    const [genesis = ''] = await keyLogOf([first, second], {}, AUTHORITY);
    const [, forged = ''] = await keyLogOf([first, thief], {}, AUTHORITY);
    const items = [...keyItems([genesis, forged]), await note('urn:x:1', thief)];
    expect(codes(await receive(items))).toEqual(['- PREVIOUS_MISMATCH', '3 UNKNOWN_KEY']);
  });

  it('refuses a second place for a change of keys, by which an old key would have had more time', async () => {
    const tokens = await keyLogOf([first, second], {}, AUTHORITY);
    await receive(keyItems(tokens));
    const later = keyItems(tokens);
    expect(codes(await receive(later))).toEqual(['- FORK', '- FORK']);
    expect(codes(await receive([await note('urn:x:1', first)]))).toEqual(['5 KEY_RETIRED']);
  });

  it('refuses key statements of somebody who does not sign in the book', async () => {
    const items = keyItems(await keyLogOf([third], {}, 'stranger.example'));
    expect(codes(await receive(items))).toEqual(['- WRONG_ISSUER']);
  });
});
