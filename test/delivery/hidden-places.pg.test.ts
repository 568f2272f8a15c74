import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openReading, type Reading } from '../../api/delivery/reading.ts';
import { partnerCaller } from '../support/approval.ts';
import { addGrant, addNotes, HARVEST, openBook, OWNER, type TestBook } from './support/book.ts';

const PARTNER = 'fish.example';
const caller = partnerCaller(PARTNER);
const NONE = `urn:uuid:${randomUUID()}`;

let authority: TestBook;
let reading: Reading;
let seen: string[];
let hidden: string[];

beforeAll(async () => {
  authority = await openBook();
  const { db, grants, clock } = authority;
  reading = openReading({ db, grants, clock: () => clock.now, organisation: OWNER });
  hidden = await addNotes(authority, ['a', 'b', 'c']);
  const audience = { organisations: [PARTNER], groups: [], roles: [], public: false };
  await addGrant(authority, 'fish', { audience, fields: ['text'] });
  seen = await addNotes(authority, ['d', 'e']);
});

afterAll(() => authority.close());

const page = (ids: string[]) => reading.records({ caller, book: HARVEST, first: 10, filter: { ids } });

describe('a partner that asks for a record that it may not see', () => {
  it('is answered as if there were none, by id', async () => {
    expect(await reading.record({ caller, book: HARVEST, id: hidden[0] ?? '' })).toBeNull();
    expect(await page(hidden)).toEqual(await page([NONE]));
  });

  it('is answered as if there were none, beside records that it sees', async () => {
    const [one = '', two = ''] = seen;
    expect((await page([one, two])).items).toHaveLength(2);
    const newestFirst = (ids: string[]) =>
      reading.search({ caller, book: HARVEST, first: 10, search: { ids }, order: 'FIRST', descending: true });
    expect(await newestFirst([...hidden, one, two])).toEqual(await newestFirst([one, two]));
  });

  it('is answered as if there were none, by its changes', async () => {
    const changes = (record: string) => reading.changes({ caller, book: HARVEST, first: 10, record });
    expect((await changes(seen[0] ?? '')).items).toHaveLength(1);
    expect(await changes(hidden[0] ?? '')).toEqual(await changes(NONE));
  });
});

it('A filter whose lists are too long is refused', async () => {
  const ids = Array.from({ length: 1_001 }, (_, at) => `urn:x:${at}`);
  await expect(page(ids)).rejects.toMatchObject({ code: 'TOO_LARGE', details: { place: 'filter.ids' } });
});
