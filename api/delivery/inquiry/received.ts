import { peekClaims } from '../../identity/jws.ts';
import { parseDisclosure } from '../../ledger/disclosure.ts';
import { NAMES_FIELD } from '../../ledger/field-value.ts';
import { type VerifiedChange, verifyChangeAsync } from '../../ledger/verify-change.ts';
import { keyOf, traceEvent, type TraceEvent } from '../../recall/trace-event.ts';
import type { Ask } from '../../recall/trace.ts';
import {
  type CaseRecord,
  keepCaseBook,
  keepCaseRecords,
  readCaseBooks,
  readCaseRecords,
} from '../../store/inquiries.ts';
import { claimedPlace, signatoryOf } from '../copies.ts';
import { fault, type ItemFault } from '../item-fault.ts';
import type { Signers } from '../signers.ts';
import type { BookPapers, InquiryBatch, ShownRecord } from './messages.ts';
import { rootOf, signersOf } from './papers.ts';
import type { InquiryServices } from './services.ts';

/** What a batch brought. */
export interface Taken {
  /** Records that were verified. */
  verified: string[];
  /** How many of them are new, or show more than before. */
  fresh: number;
  /** What could not be verified, and is not used. */
  faults: ItemFault[];
  /** Verified records that are not kept, for the case holds as many as it may; once as many are in memory, not used either. */
  notKept: number;
}

/** Of one record: what is longer is not evidence but a burden. */
const MOST_CHARACTERS = 262_144;
const PAGE = 1_000;

/**
 * What other organisations have shown for a case: verified when it comes, before anything of it is used, and kept with its
 * proof. Of a record the latest version counts, and of that what shows most.
 */
export class Received {
  private readonly events = new Map<string, TraceEvent>();
  private readonly linking = new Map<string, Set<string>>();
  private readonly shown = new Set<string>();
  private readonly books = new Map<string, Signers>();

  private constructor(
    private readonly services: InquiryServices,
    private readonly of: { case: string; inquiry: string },
  ) {}

  /** With what was kept for the case before. */
  static async open(services: InquiryServices, of: { case: string; inquiry: string }): Promise<Received> {
    const received = new Received(services, of);
    for (const { papers } of await readCaseBooks(services.db.pool, of.case)) {
      await received.takeBook(JSON.parse(papers) as BookPapers, []);
    }
    for (let after: CaseRecord | null = null; ;) {
      const page: CaseRecord[] = await readCaseRecords(services.db.pool, of.case, { after, first: PAGE });
      for (const record of page) {
        const checked = await received.check(record);
        if (checked.ok) received.add(checked.change, record);
      }
      after = page.at(-1) ?? null;
      if (page.length < PAGE) return received;
    }
  }

  async take(batch: InquiryBatch): Promise<Taken> {
    const { organisation, via, books, records } = batch;
    const faults: ItemFault[] = [];
    for (const papers of books) {
      const wrong = await this.takeBook(papers, via, organisation);
      if (wrong) faults.push(wrong);
    }
    const kept = new Map<string, Omit<CaseRecord, 'case'>>();
    const verified: string[] = [];
    let [fresh, notUsed] = [0, 0];
    const results = await Promise.all(records.map((record) => this.check(record)));
    for (const [at, result] of results.entries()) {
      const record = records[at] as ShownRecord;
      if (!result.ok) {
        faults.push(result);
        continue;
      }
      const { change } = result;
      const key = `${record.book} ${change.record}`;
      verified.push(key);
      if (!this.hasRoomFor(key)) {
        notUsed += 1;
        continue;
      }
      this.shown.add(key);
      if (!this.add(change, record)) continue;
      fresh += 1;
      const { inquiry } = this.of;
      const now = new Date(this.services.clock());
      const place = { record: change.record, version: change.ver };
      kept.set(key, {
        ...record,
        ...place,
        organisation,
        via,
        inquiry,
        at: now,
      });
    }
    const { db, config } = this.services;
    const notKept = await keepCaseRecords(db.pool, this.of.case, [...kept.values()], config.caseRecords);
    return { verified, fresh, faults, notKept: notKept + notUsed };
  }

  /** Whether it came in answer to this inquiry, and not only to an earlier one. */
  isOfThis(event: TraceEvent): boolean {
    return this.shown.has(keyOf(event));
  }

  /** Answers a trace. */
  answer(ask: Ask): TraceEvent[] {
    const keys =
      'links' in ask
        ? ask.links.flatMap((id) => [...(this.linking.get(id) ?? [])])
        : [...this.events].flatMap(([key, { record }]) => (ask.records.includes(record) ? [key] : []));
    return [...new Set(keys)].flatMap((key) => this.events.get(key) ?? []);
  }

  private async takeBook(papers: BookPapers, via: string[], from?: string): Promise<ItemFault | null> {
    const { book } = papers;
    const root = rootOf(papers, await this.services.knownKeys(papers.book.split('/')[0] ?? ''));
    if (!root) return fault('UNKNOWN_KEY', `nobody tells a key of the owner of ${book}`);
    // An organisation shows what is its own.
    if (from !== undefined && root.owner !== from) return fault('WRONG_BOOK', `not a book of ${from}`);
    const signers = signersOf(papers, root);
    if ('code' in signers) return signers;
    this.books.set(book, signers);
    if (from !== undefined) {
      const at = new Date(this.services.clock());
      await keepCaseBook(this.services.db.pool, this.of.case, {
        book,
        papers: JSON.stringify(papers),
        via,
        at,
      });
    }
    return null;
  }

  private async check(record: ShownRecord): Promise<{ ok: true; change: VerifiedChange } | ItemFault> {
    const { book, token, disclosures } = record;
    const signers = this.books.get(book);
    if (!signers || !claimedPlace(token))
      return fault('BAD_CLAIMS', `no papers of ${book}, or no place in it`);
    const size = disclosures.reduce((sum, { length }) => sum + length, token.length);
    if (size > MOST_CHARACTERS) return fault('TOO_LARGE', `${size} characters`);
    const signatory = signatoryOf({ token }, signers);
    if ('code' in signatory) return signatory;
    const { organisation: issuer, keys } = signatory;
    const verified = await verifyChangeAsync({ token, disclosures, keys, expect: { issuer, book } });
    if (!verified.ok) return verified;
    const { change } = verified;
    const wrong = signers.keyFault(issuer, change);
    if (wrong) return wrong;
    return change.kind === 'EVENT' ? verified : fault('BAD_CLAIMS', 'not an event');
  }

  /** An inquiry has no more in memory than a case may hold, whoever sends how much. */
  private hasRoomFor(key: string): boolean {
    return this.events.has(key) || this.events.size < this.services.config.caseRecords;
  }

  /** False where as much is known of it already. */
  private add(change: VerifiedChange, { token, disclosures, unset }: ShownRecord): boolean {
    const event = eventOf(change, { token, disclosures, unset });
    const key = keyOf(event);
    const known = this.events.get(key);
    if (known && !showsMore(event, known)) return false;
    for (const id of identifiersOf(known)) this.linking.get(id)?.delete(key);
    this.events.set(key, event);
    for (const id of identifiersOf(event)) {
      const keys = this.linking.get(id);
      if (keys) keys.add(key);
      else this.linking.set(id, new Set([key]));
    }
    return true;
  }
}

/** A later version, or more of the same one. */
export function showsMore(event: TraceEvent, known: TraceEvent): boolean {
  if (event.version !== known.version) return event.version > known.version;
  const shown = ({ things, others, closed }: TraceEvent): number =>
    things.length + others.length - closed.length;
  return shown(event) > shown(known);
}

function eventOf(
  { book, record, ver: version, atMs: approvedAt, fields }: VerifiedChange,
  { token, disclosures, unset }: Pick<ShownRecord, 'token' | 'disclosures' | 'unset'>,
): TraceEvent {
  const opened = new Set([...disclosures.flatMap((each) => parseDisclosure(each)?.name ?? []), ...unset]);
  const isAll = opened.has(NAMES_FIELD);
  const organisation = String(peekClaims(token)?.['iss']);
  const source = { book, record, version, organisation, approvedAt };
  return traceEvent(source, fields, (name) => isAll || opened.has(name));
}

function identifiersOf(event: TraceEvent | undefined): string[] {
  return event ? [...event.things, ...event.others].map(({ identifier }) => identifier) : [];
}
