import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDocument } from '../../api/events/epcis.ts';
import { flatten, unflatten } from '../../api/events/fields.ts';
import { eventHash } from '../../api/events/hash.ts';
import { deriveLinks } from '../../api/events/links.ts';
import { validateRecord } from '../../api/events/record.ts';
import { toEpcis } from '../../api/events/to-epcis.ts';
import { CONTEXT, documentOf, objectEvent, transformationEvent } from './support.ts';

const seeds = [
  objectEvent({
    quantityList: [{ epcClass: 'urn:epc:class:lgtin:4012345.012345.A1', quantity: 10, uom: 'KGM' }],
    bizTransactionList: [{ type: 'po', bizTransaction: 'urn:epc:id:gdti:0614141.00001.1618034' }],
    sourceList: [{ type: 'owning_party', source: 'urn:epc:id:pgln:4012345.00225' }],
    sensorElementList: [
      {
        sensorMetadata: { time: '2026-01-01T00:00:00Z' },
        sensorReport: [{ type: 'Temperature', value: 1.5 }],
      },
    ],
    persistentDisposition: { set: ['completeness_verified'] },
    readPoint: { id: 'geo:1,2', 'example:a': [{ b: 1 }, { 'example:c': [null, {}] }] },
    errorDeclaration: { declarationTime: '2026-01-01T00:00:00Z', reason: 'incorrect_data' },
    certificationInfo: ['urn:x:c'],
    'example:ext': { deep: [[1], { x: 'y' }] },
  }),
  transformationEvent({ ilmd: { 'example:a': 'b' }, transformationID: 'urn:x:t' }),
];

const document = JSON.parse(
  documentOf(seeds, {
    epcisHeader: {
      epcisMasterData: {
        vocabularyList: [
          {
            type: 'urn:epcglobal:epcis:vtype:EPCClass',
            vocabularyElementList: [{ id: 'urn:x:p', attributes: [{ id: 'urn:x:a', attribute: 'b' }] }],
          },
        ],
      },
    },
  }),
) as unknown;

const odd = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    0,
    -1,
    1e300,
    true,
    '',
    'x',
    [],
    {},
    [[]],
    [null],
    [{}],
    { id: 1 },
    'urn:epc:id:sgtin:1.2.3',
  ),
  fc.constantFrom<unknown>(
    '2026-01-01T00:00:00Z',
    'ADD',
    'example:x',
    'https://id.gs1.org/01/1',
    '{a}b',
    '__proto__',
  ),
  fc.jsonValue(),
);
const oddName = fc.constantFrom(
  'example:new',
  'type',
  'action',
  'x',
  '@context',
  'toString',
  '{urn:x}y',
  'example:',
  ':',
  'epcList',
  'a.b[]',
);

/** Replaces, renames or removes one member somewhere in a value. */
function mutate(
  value: unknown,
  path: readonly number[],
  replacement: unknown,
  name: string,
  kind: number,
): unknown {
  if (typeof value !== 'object' || value === null) return replacement;
  const entries: [string, unknown][] = Object.entries(value);
  const [first, ...rest] = path;
  if (first === undefined || entries.length === 0) return replacement;
  const at = first % entries.length;
  const entry = entries[at] as [string, unknown];
  if (rest.length > 0) entry[1] = mutate(entry[1], rest, replacement, name, kind);
  else if (kind === 0) entries.splice(at, 1);
  else if (kind === 1) entry[1] = replacement;
  else if (kind === 2) entry[0] = name;
  else entries.push([name, replacement]);
  return Array.isArray(value) ? entries.map(([, element]) => element) : Object.fromEntries(entries);
}

/** What becomes of a document. */
function judge(text: string): string {
  const result = parseDocument(text);
  if (!result.ok) {
    const told = result.problems.every(({ field, message }) => typeof field === 'string' && message !== '');
    return told && result.problems.length > 0 ? 'refused with places' : 'refused without a reason';
  }
  for (const event of result.events) {
    const fields = flatten(event);
    if (!isDeepStrictEqual(unflatten(fields), event)) return 'not the same from its fields';
    if (!Array.isArray(deriveLinks(fields))) return 'without links';
    const again = parseDocument(toEpcis(fields));
    if (!again.ok || again.events.length !== 1) return 'refused as written';
    const [one = {}] = again.events;
    if (!isDeepStrictEqual(flatten(one), fields)) return 'not the same as written';
    if (eventHash(one) !== eventHash(event)) return 'with another hash as written';
  }
  return 'taken and the same again';
}

const mutation = fc.record({
  path: fc.array(fc.nat(20), { minLength: 1, maxLength: 9 }),
  replacement: odd,
  name: oddName,
  kind: fc.nat(3),
});

describe('a document with random faults', () => {
  it('is taken, and then comes back from its fields, or is refused with places', () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(fc.array(mutation, { minLength: 1, maxLength: 3 }), (mutations) => {
        let value = document;
        for (const { path, replacement, name, kind } of mutations)
          value = mutate(value, path, replacement, name, kind);
        const verdict = judge(JSON.stringify(value) ?? 'null');
        seen.add(verdict);
        expect(['refused with places', 'taken and the same again']).toContain(verdict);
      }),
      { numRuns: 3_000 },
    );
    expect(seen.size).toBe(2);
  });

  it('is refused, not thrown at, for any text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        expect(parseDocument(text).ok).toBe(false);
      }),
    );
  });

  it('is judged as a record without an exception', () => {
    fc.assert(
      fc.property(mutation, fc.nat(1), ({ path, replacement, name, kind }, seed) => {
        const value = mutate({ '@context': CONTEXT, ...seeds[seed] }, path, replacement, name, kind);
        const result = validateRecord('EVENT', null, value);
        expect(result.ok || result.problems.length > 0).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });
});
