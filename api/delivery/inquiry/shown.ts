import { productsAndLots } from '../../events/links.ts';
import { classify } from '../../events/identifiers.ts';
import type { SilenceReason } from '../../recall/answers.ts';
import type { AskedThing } from '../../recall/hops.ts';
import type { TraceEvent } from '../../recall/trace-event.ts';
import { isInForce, type Question, wouldShow } from '../../sharing/permitted.ts';
import type { Audience } from '../../sharing/grant.ts';
import { listBooks } from '../../store/book-list.ts';
import { readCurrentEntries } from '../../store/entries.ts';
import { findOrganisation } from '../../store/partners.ts';
import { handOut } from '../hand-out.ts';
import type { Scope } from '../scope.ts';
import type { ShownRecord } from './messages.ts';
import type { InquiryServices } from './services.ts';

/** Those in whose hands an answer comes: who asks, and all who hand it on. */
export async function questionOf(
  { db, clock }: InquiryServices,
  path: readonly string[],
  { case: id, purpose }: { case: string; purpose: string },
): Promise<Question> {
  const [audience, ...carriers] = await Promise.all(
    [...new Set(path)].map(async (organisation): Promise<Audience> => {
      const known = await findOrganisation(db.prisma, organisation);
      return { organisation, groups: known?.status === 'ACTIVE' ? known.groups : [], roles: [] };
    }),
  );
  if (!audience) throw new Error('a verified inquiry comes from somebody');
  return { audience, carriers, purpose, case: id, now: clock() };
}

/** The books of this organisation of which a grant gives the audience something. */
export async function openBooks(
  { db, grants, organisation }: InquiryServices,
  question: Question,
): Promise<{ own: Scope[]; open: Scope[] }> {
  const own: Scope[] = [];
  for (const book of await listBooks(db.pool)) {
    if (book.owner !== organisation || !book.full) continue;
    own.push({ book, grants: await grants.of(book.id), question, viewAs: false });
  }
  return { own, open: own.filter((scope) => scope.grants.some((grant) => isInForce(grant, question))) };
}

/** The events as signed tokens with what opens the fields that may be shown now. */
export async function shownRecords(
  { db, grants, clock }: InquiryServices,
  events: readonly TraceEvent[],
  question: Question,
): Promise<ShownRecord[]> {
  const shown: ShownRecord[] = [];
  for (const book of new Set(events.map((event) => event.book))) {
    const rules = await grants.of(book);
    const records = events.filter((event) => event.book === book).map(({ record }) => record);
    for (const { entry, key } of (await readCurrentEntries(db.pool, book, records)).values()) {
      const handed = handOut(entry, key, rules, { ...question, now: clock() });
      if (handed) {
        const { disclosures, missing } = handed;
        shown.push({ book, token: entry.token, disclosures, unset: [...missing] });
      }
    }
  }
  return shown;
}

/** Where an event names a lot, which is a class, and where an item or a logistic unit (EPCIS 2.0, section 7.3.3.3). */
const LOT_FIELDS = ['quantityList', 'inputQuantityList', 'outputQuantityList', 'childQuantityList'].map(
  (list) => `${list}[].epcClass`,
);
const ITEM_FIELDS = ['epcList', 'inputEPCList', 'outputEPCList', 'childEPCs', 'parentID'];

/** Why nothing is shown of a thing: by the grants alone, so that the answer does not tell what is recorded. */
export function silenceOf({ thing }: AskedThing, own: readonly Scope[]): SilenceReason {
  const names = ['lot', 'product'].includes(classify(thing).kind) ? LOT_FIELDS : ITEM_FIELDS;
  const attributes = productsAndLots({}, thing);
  const isOpen = ({ grants, question }: Scope): boolean =>
    question !== 'OWN' && wouldShow(grants, attributes, names, question);
  return own.every(isOpen) ? 'NO_RECORD' : 'WITHHELD';
}
