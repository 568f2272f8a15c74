import { season } from '../../../api/demo/season/season.ts';

const NAMESPACE_OF = /^\{?([^}]*)/;

/**
 * EPCIS documents of so many events each, as a season brings them. The events have no eventID, so that each is known by
 * its hash; the seconds of their times tell them apart. `from` continues where an earlier call ended.
 */
export function newDocuments(from: number, count: number, eventsEach: number): string[] {
  const { entries, organisations } = season(1);
  const events = entries.flatMap(({ event }) => {
    const { eventID: _eventId, ...rest } = event;
    return 'errorDeclaration' in rest ? [] : [rest];
  });
  const context = organisations[0]?.documents[0]?.json['@context'];
  const namespace = namespaceOf(context);
  const prefixes = Object.fromEntries(
    [...new Set(entries.map(({ organisation }) => organisation as string))].map((slug) => [slug, namespace]),
  );
  return Array.from({ length: count }, (_, nr) => {
    const eventList = Array.from({ length: eventsEach }, (_unused, at) => {
      const place = (from + nr) * eventsEach + at;
      const event = events[place % events.length] as { eventTime: string };
      return { ...event, eventTime: shifted(event.eventTime, place) };
    });
    return JSON.stringify({
      '@context': ['https://ref.gs1.org/standards/epcis/epcis-context.jsonld', prefixes],
      type: 'EPCISDocument',
      schemaVersion: '2.0',
      creationDate: '2025-12-01T08:00:00.000Z',
      epcisBody: { eventList },
    });
  });
}

function namespaceOf(context: unknown): string {
  const own = Array.isArray(context) ? (context[1] as Record<string, string>) : {};
  const [, namespace = ''] = NAMESPACE_OF.exec(Object.values(own)[0] ?? '') ?? [];
  return namespace;
}

/** Other seconds and milliseconds: no two of 60,000 events are the same. */
function shifted(time: string, place: number): string {
  const seconds = String(Math.floor(place / 1000) % 60).padStart(2, '0');
  return time.replace(/:\d\d\.\d{3}/, `:${seconds}.${String(place % 1000).padStart(3, '0')}`);
}
