import type { Season } from './journal.ts';
import { NAMESPACE } from './namespace.ts';
import { masterData } from './master-data.ts';
import { BOOKS, ORGANISATIONS } from './organisations.ts';
import type { Entry, JsonObject, OrganisationSlug, SeasonDocument } from './types.ts';

const CONTEXT = 'https://ref.gs1.org/standards/epcis/epcis-context.jsonld';

/** The EPCIS documents of an organisation, a book and a week at a time, and one with the corrections of each book. */
export function documentsOf(season: Season, slug: keyof typeof BOOKS): SeasonDocument[] {
  return BOOKS[slug].flatMap((book, index) => {
    const entries = season.entries.filter((entry) => entry.book === book.slug);
    const weeks = new Map<number | 'corrections', Entry[]>();
    for (const entry of entries) {
      const key = isCorrection(entry) ? 'corrections' : Math.floor(entry.day / 7);
      weeks.set(key, [...(weeks.get(key) ?? []), entry]);
    }
    const keys = [...weeks.keys()].sort((one, other) => rank(one) - rank(other));
    return keys.map((key, place) =>
      toDocument(season, slug, book, key, weeks.get(key) as Entry[], index === 0 && place === 0),
    );
  });
}

function isCorrection({ kind }: Entry): boolean {
  return kind === 'correction' || kind === 'error declaration';
}

function rank(key: number | 'corrections'): number {
  return key === 'corrections' ? Number.POSITIVE_INFINITY : key;
}

function toDocument(
  season: Season,
  slug: keyof typeof BOOKS,
  book: { slug: string; title: string },
  key: number | 'corrections',
  entries: Entry[],
  first: boolean,
): SeasonDocument {
  const author = (entries[0] as Entry).organisation;
  const lastDay = Math.max(...entries.map(({ day }) => day));
  const name = key === 'corrections' ? 'corrections' : `week-${key + 1}`;
  const json: JsonObject = {
    '@context': [CONTEXT, { [author]: NAMESPACE }],
    id: `https://${ORGANISATIONS[author].id}/epcis/${book.slug}/${name}`,
    type: 'EPCISDocument',
    schemaVersion: '2.0',
    creationDate: season.calendar.at(lastDay + 2, 480, 'America/Los_Angeles').time,
    ...(first ? { epcisHeader: header(slug) } : {}),
    epcisBody: { eventList: entries.map(({ event }) => event) },
  };
  const weekOf = key === 'corrections' ? 'corrections' : `week of ${season.calendar.date(key * 7)}`;
  return { book: book.slug, title: `${book.title}, ${weekOf}`, json };
}

function header(slug: OrganisationSlug): JsonObject {
  return { epcisMasterData: { vocabularyList: masterData(slug) } };
}
