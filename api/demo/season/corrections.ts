import { namedUuid } from './random.ts';
import { nextNumber, type Season } from './journal.ts';
import type { Entry, EventKind, JsonObject, OrganisationSlug } from './types.ts';

interface Mistake {
  organisation: OrganisationSlug;
  kind: EventKind;
  /** which of the events of that organisation and kind, from 0 */
  index: number;
  reason: 'incorrect_data' | 'did_not_occur';
  /** the event as it was first captured, wrongly; null where the whole event was one too many */
  spoil: ((event: JsonObject) => JsonObject) | null;
}

/** The mistakes of the season; each is declared an error (EPCIS 2.0, section 7.4.1.4) and, where it took place, corrected. */
const MISTAKES: Mistake[] = [
  { organisation: 'greenvalley', kind: 'harvesting', index: 2, reason: 'incorrect_data', spoil: tenfold },
  { organisation: 'freshpack', kind: 'receiving', index: 8, reason: 'incorrect_data', spoil: tenfold },
  { organisation: 'coldchain', kind: 'shipping', index: 14, reason: 'incorrect_data', spoil: wrongOrder },
  { organisation: 'marketfresh', kind: 'retail selling', index: 30, reason: 'did_not_occur', spoil: null },
];

/** Puts the mistakes into the journal: what was captured, the error declaration, the corrective event. */
export function correct(season: Season): void {
  for (const mistake of MISTAKES) {
    const entry = season.entries.filter(
      ({ organisation, kind }) => organisation === mistake.organisation && kind === mistake.kind,
    )[mistake.index] as Entry;
    if (mistake.spoil === null) declareDouble(season, entry, mistake);
    else declareWrong(season, entry, mistake);
  }
}

function declareWrong(season: Season, entry: Entry, { reason, spoil }: Mistake): void {
  const right = entry.event;
  const corrective = { ...right, eventID: newId(season) };
  entry.event = (spoil as (event: JsonObject) => JsonObject)(right);
  declare(season, entry, { reason, correctiveEventIDs: [corrective.eventID] });
  season.entries.push({
    ...entry,
    kind: 'correction',
    day: entry.day + 1,
    instant: entry.instant + 2,
    event: corrective,
  });
}

/** The same sale booked twice: the second one is declared not to have happened. */
function declareDouble(season: Season, entry: Entry, { reason }: Mistake): void {
  const double = { ...entry, instant: entry.instant, event: { ...entry.event, eventID: newId(season) } };
  season.entries.push(double);
  declare(season, double, { reason });
}

/** The declaration repeats the wrong event with its id. */
function declare(season: Season, entry: Entry, members: JsonObject): void {
  const { time } = season.calendar.at(entry.day + 1, 600, 'America/Los_Angeles');
  const event = { ...entry.event, errorDeclaration: { declarationTime: time, ...members } };
  season.entries.push({
    ...entry,
    kind: 'error declaration',
    day: entry.day + 1,
    instant: entry.instant + 1,
    event,
  });
}

function newId(season: Season): string {
  return namedUuid(`${season.seed}/correction/${nextNumber(season, 'correction')}`);
}

/** A decimal point in the wrong place. */
function tenfold(event: JsonObject): JsonObject {
  const list = event['quantityList'] as { epcClass: string; quantity: number; uom: string }[];
  return {
    ...event,
    quantityList: list.map((element) => ({ ...element, quantity: (element.quantity * 100) / 10 })),
  };
}

/** The purchase order of another delivery. */
function wrongOrder(event: JsonObject): JsonObject {
  const list = event['bizTransactionList'] as { type: string; bizTransaction: string }[];
  return {
    ...event,
    bizTransactionList: list.map((element) =>
      element.type === 'po'
        ? { ...element, bizTransaction: element.bizTransaction.replace(/\d{5}$/, '99999') }
        : element,
    ),
  };
}
