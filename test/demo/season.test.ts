import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { season } from '../../api/demo/season/season.ts';
import type { EventKind, JsonObject } from '../../api/demo/season/types.ts';
import { canonicalIdentifier, identify } from '../../api/events/identifiers.ts';
import { validateRecord } from '../../api/events/record.ts';
import { identifiersOf, parsed } from './journal.ts';

const data = season(1);

describe('the season', () => {
  it('is the same for the same seed, another one for another seed', () => {
    expect(JSON.stringify(season(7))).toBe(JSON.stringify(season(7)));
    expect(JSON.stringify(season(7).entries)).not.toBe(JSON.stringify(season(8).entries));
  });

  it('can be made for any seed and any Monday', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 0, max: 200 }), (seed, week) => {
        const start = new Date(Date.UTC(2024, 0, 1 + week * 7)).toISOString().slice(0, 10);
        expect(season(seed, start).entries).toHaveLength(data.entries.length);
      }),
      { numRuns: 10 },
    );
    expect(() => season(1, '2025-10-07')).toThrow(RangeError);
  });

  it('has this many events of each kind', () => {
    const counts: Partial<Record<EventKind, number>> = {};
    for (const { kind } of data.entries) counts[kind] = (counts[kind] ?? 0) + 1;
    expect(counts).toEqual({
      harvesting: 36,
      cooling: 36,
      'initial packing': 36,
      shipping: 74,
      receiving: 74,
      unpacking: 60,
      transformation: 30,
      packing: 26,
      storing: 6,
      repacking: 2,
      'return shipping': 1,
      'return receiving': 1,
      destroying: 1,
      'retail selling': 51,
      correction: 3,
      'error declaration': 4,
    });
  });

  it('puts every event of the journal into one document of its organisation', () => {
    const documents = data.organisations.flatMap(({ documents: own }) => own);
    const inDocuments = documents.flatMap(
      ({ json }) => (json['epcisBody'] as { eventList: unknown[] }).eventList,
    );
    expect(inDocuments).toHaveLength(data.entries.length);
    expect(new Set(documents.map(({ json }) => json['id'])).size).toBe(documents.length);
  });

  it('passes the parser without a warning', () => {
    expect(parsed(data)).toHaveLength(data.entries.length);
  });

  it('gives records that their validator takes', () => {
    const results = data.organisations.flatMap(({ records }) =>
      records.map(({ type, id, fields }) => validateRecord(type, id, fields)),
    );
    expect(results.flatMap((result) => (result.ok ? result.warnings : result.problems))).toEqual([]);
    expect(results).toHaveLength(103);
  });

  it('crosses the end of daylight saving time', () => {
    const offsets = new Set(data.entries.map(({ event }) => event['eventTimeZoneOffset']));
    expect([...offsets].sort()).toEqual(['-07:00', '-08:00']);
    const arizona = data.entries.filter(({ organisation }) => organisation === 'sunriver');
    expect(new Set(arizona.map(({ event }) => event['eventTimeZoneOffset']))).toEqual(new Set(['-07:00']));
  });

  it('writes only well-formed identifiers with right check digits, URNs and Digital Links', () => {
    const identifiers = new Set(identifiersOf(data));
    const faults = [...identifiers].filter((text) => identify(text).fault !== undefined);
    expect(faults).toEqual([]);
    expect([...identifiers].some((text) => text.startsWith('urn:epc:class:lgtin:'))).toBe(true);
    expect([...identifiers].some((text) => text.startsWith('https://id.freshpack.example/01/'))).toBe(true);
  });
});

describe('the key data elements of 21 CFR 1.1325 to 1.1350', () => {
  const WITHIN =
    /:(cte|tlcSource|traceabilityLotCode|fieldName|harvestDate|commodity|coolingDate|farmLocation|packingDate)$/;
  const elements = (event: JsonObject) =>
    Object.keys({ ...event, ...((event['ilmd'] ?? {}) as JsonObject) })
      .map((name) => WITHIN.exec(name)?.[1])
      .filter((name) => name !== undefined);

  const REQUIRED: [EventKind, string[]][] = [
    ['harvesting', ['cte', 'commodity', 'fieldName', 'harvestDate']],
    ['cooling', ['cte', 'commodity', 'coolingDate', 'farmLocation']],
    [
      'initial packing',
      [
        'cte',
        'traceabilityLotCode',
        'tlcSource',
        'fieldName',
        'harvestDate',
        'farmLocation',
        'coolingDate',
        'packingDate',
      ],
    ],
    ['shipping', ['cte', 'tlcSource']],
    ['receiving', ['cte', 'tlcSource']],
    ['transformation', ['cte', 'traceabilityLotCode', 'tlcSource']],
  ];

  it.each(REQUIRED)('are all there for %s', (kind, names) => {
    for (const { event } of data.entries.filter((entry) => entry.kind === kind)) {
      expect(elements(event)).toEqual(expect.arrayContaining(names));
      expect(event['bizTransactionList']).not.toHaveLength(0);
      expect(event['readPoint']).toBeDefined();
    }
  });

  it('describe every place of an event in the records', () => {
    const described = new Set(
      data.organisations.flatMap(({ records }) =>
        records.filter(({ type }) => type === 'LOCATION').map(({ id }) => canonicalIdentifier(id)),
      ),
    );
    const places = data.entries.map(({ event }) =>
      canonicalIdentifier((event['readPoint'] as { id: string }).id),
    );
    expect(places.filter((place) => !described.has(place))).toEqual([]);
  });
});
