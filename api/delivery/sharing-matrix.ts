import { LotbookError } from '../errors.ts';
import { hasRole, type Caller } from '../sharing/caller.ts';
import type { Audience, Grant, GrantTerms } from '../sharing/grant.ts';
import { ORDINARY_PURPOSE } from '../sharing/grant.ts';
import { permittedFields, type Subject } from '../sharing/permitted.ts';
import type { RecordKind } from '../ledger/change.ts';
import { findBook } from '../store/book-list.ts';
import { readAcknowledgements, type StoredAcknowledgement } from '../store/entries.ts';
import { listPartners } from '../store/partners.ts';
import { readRecords } from '../store/records.ts';
import { subjectOf } from './hand-out.ts';
import type { ScopeServices } from './scope.ts';

/** Rules as they would be: some more, some no longer. */
export interface WhatIf {
  add: readonly { id: string; terms: GrantTerms }[];
  end: readonly string[];
}

export interface Sharing {
  book: string;
  records: number;
  isWhole: boolean;
  fields: SharedField[];
}

interface SharedField {
  kind: RecordKind;
  name: string;
  records: number;
  partners: FieldShare[];
}

interface FieldShare {
  organisation: string;
  records: number;
  anew: number;
  grants: string[];
}

/** A record as the matrix goes by it: what decides, and the names of the fields that are set. */
export interface CountedRecord {
  subject: Subject;
  names: readonly string[];
}

const LOOKED_AT = 500;

/**
 * Which fields each active partner may see, over the records that were changed last.
 * @throws LotbookError NOT_FOUND for a book that is not this organisation's
 */
export async function readSharing(
  services: ScopeServices,
  { caller, book, whatIf }: { caller: Caller; book: string; whatIf: WhatIf },
): Promise<Sharing> {
  const { db, grants, clock } = services;
  await ownBook(services, caller, book);
  const rows = await readRecords(db.pool, {
    book,
    order: 'CURRENT',
    descending: true,
    after: null,
    limit: LOOKED_AT + 1,
  });
  const records = rows.slice(0, LOOKED_AT).flatMap(({ entry }) => {
    const isGrant = entry.kind === 'GRANT' || entry.state === null;
    return isGrant ? [] : [{ subject: subjectOf(entry), names: Object.keys(entry.state ?? {}) }];
  });
  const partners = (await listPartners(db.prisma))
    .filter(({ status }) => status === 'ACTIVE')
    .map(({ id, groups }) => ({ organisation: id, groups, roles: [] }));
  const rules = supposed(await grants.of(book), whatIf, clock());
  return {
    book,
    records: records.length,
    isWhole: rows.length <= LOOKED_AT,
    fields: countShares(records, partners, rules, clock()),
  };
}

/** @throws LotbookError NOT_FOUND for a book that is not this organisation's */
export async function readReceipts(
  services: ScopeServices,
  { caller, book }: { caller: Caller; book: string },
): Promise<StoredAcknowledgement[]> {
  await ownBook(services, caller, book);
  return readAcknowledgements(services.db.pool, book);
}

async function ownBook({ db, organisation }: ScopeServices, caller: Caller, id: string): Promise<void> {
  const book = hasRole(caller, 'VIEWER', id) ? await findBook(db.pool, id) : null;
  if (book?.owner === organisation) return;
  throw new LotbookError('NOT_FOUND', 'There is no such book of this organisation.', { place: 'book' });
}

/** The rules as they would be now: a new one reaches back or not, as its terms say. */
export function supposed(grants: readonly Grant[], { add, end }: WhatIf, now: number): Grant[] {
  const last = Number.MAX_SAFE_INTEGER - 1;
  return [
    ...grants.filter(({ id }) => !end.includes(id)),
    ...add.map(({ id, terms }) => ({ ...terms, id, version: 1, since: last, from: terms.from ?? now })),
  ];
}

/** In how many records each partner may see each field: as they are, and if they were recorded anew. */
export function countShares(
  records: readonly CountedRecord[],
  partners: readonly Audience[],
  grants: readonly Grant[],
  now: number,
): SharedField[] {
  const fields = new Map<string, SharedField>();
  for (const { subject, names } of records) {
    for (const name of names) {
      const key = `${subject.kind} ${name}`;
      const field = fields.get(key) ?? { kind: subject.kind, name, records: 0, partners: [] };
      fields.set(key, field);
      field.records += 1;
    }
    const anew: Subject = { ...subject, seq: Number.MAX_SAFE_INTEGER, at: now };
    for (const audience of partners) {
      const question = { audience, purpose: ORDINARY_PURPOSE, now };
      const seen = permittedFields(grants, subject, names, question);
      const then = permittedFields(grants, anew, names, question);
      for (const name of new Set([...seen.keys(), ...then.keys()])) {
        const share = shareOf(fields.get(`${subject.kind} ${name}`) as SharedField, audience.organisation);
        if (seen.has(name)) share.records += 1;
        if (then.has(name)) share.anew += 1;
        share.grants = [...new Set([...share.grants, ...(seen.get(name) ?? []), ...(then.get(name) ?? [])])];
      }
    }
  }
  return [...fields.values()].toSorted(
    (a, b) => a.kind.localeCompare(b.kind) || a.name.localeCompare(b.name),
  );
}

function shareOf({ partners }: SharedField, organisation: string): FieldShare {
  const known = partners.find((share) => share.organisation === organisation);
  if (known) return known;
  const share = { organisation, records: 0, anew: 0, grants: [] };
  partners.push(share);
  return share;
}
