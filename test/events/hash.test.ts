import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDocument } from '../../api/events/epcis.ts';
import { eventHash, preHash } from '../../api/events/hash.ts';
import { hashText } from '../../api/events/check.ts';
import { documentOf, objectEvent, parsed, sharedFiles, sharedText, transformationEvent } from './support.ts';

function expected(name: string, kind: string): string[] {
  return sharedText(`event-hash/${name.replace(/\.jsonld$/, kind)}`)
    .trim()
    .split('\n');
}

describe('the event hash of CBV 2.0', () => {
  it.each(sharedFiles('event-hash'))('comes out right for %s', (name) => {
    expect(hashText(sharedText(`event-hash/${name}`))).toEqual(expected(name, '.hashes'));
  });

  const STALE = 'epcisDocWithCustomSchemaInContext.jsonld';
  it.each(sharedFiles('event-hash').filter((name) => name !== STALE))(
    'is made of the right text for %s',
    (name) => {
      const result = parseDocument(sharedText(`event-hash/${name}`));
      expect(result.ok && result.events.map((event) => preHash(event, result.ignored))).toEqual(
        expected(name, '.prehashes'),
      );
    },
  );

  it('writes fields in the canonical order, with canonical times, numbers and identifiers', () => {
    const event = transformationEvent({
      inputQuantityList: [
        { epcClass: 'urn:epc:class:lgtin:4012345.099999.B1', quantity: 1.5, uom: 'KGM' },
        { epcClass: 'https://example.com/01/04012345123456/10/A1', quantity: 26.0 },
      ],
      bizStep: 'urn:epcglobal:cbv:bizstep:commissioning',
      readPoint: { id: 'urn:epc:id:sgln:4012345.00005.0', 'example:gate': ' 7 ' },
      ilmd: { 'example:b': '007', 'example:a': ['x', 'b'] },
      'example:top': true,
      'rdfs:comment': 'not hashed',
      eventID: 'urn:uuid:374d95fc-9457-4a51-bd6a-0bba133845a8',
      errorDeclaration: { declarationTime: '2026-07-22T06:45:00Z' },
    });
    expect(preHash(parsed(event))).toBe(
      'eventType=TransformationEventeventTime=2026-07-22T06:45:00.124ZeventTimeZoneOffset=+02:00' +
        'inputQuantityListquantityElementepcClass=https://id.gs1.org/01/04012345123456/10/A1quantity=26' +
        'quantityElementepcClass=https://id.gs1.org/01/04012345999990/10/B1quantity=1.5uom=KGM' +
        'outputQuantityListquantityElementepcClass=https://id.gs1.org/01/04012345999990/10/B1quantity=9.5uom=KGM' +
        'bizStep=https://ref.gs1.org/cbv/BizStep-commissioning' +
        'readPointid=https://id.gs1.org/414/4012345000054{https://ns.example.com/epcis/}gate=7' +
        'ilmd{https://ns.example.com/epcis/}a=b{https://ns.example.com/epcis/}a=x{https://ns.example.com/epcis/}b=7' +
        '{https://ns.example.com/epcis/}top=true',
    );
  });

  it('writes lists of transactions, sources and destinations sorted, each type before its value', () => {
    const event = objectEvent({
      bizTransactionList: [
        { type: 'po', bizTransaction: 'urn:x:2' },
        { bizTransaction: 'urn:x:1', type: 'inv' },
      ],
      sourceList: [{ source: 'urn:epc:id:pgln:4012345.00000', type: 'owning_party' }],
      destinationList: [{ type: 'location', destination: 'urn:x:d' }],
    });
    expect(preHash(parsed(event))).toContain(
      'bizTransactionListtype=https://ref.gs1.org/cbv/BTT-invbizTransaction=urn:x:1' +
        'type=https://ref.gs1.org/cbv/BTT-pobizTransaction=urn:x:2' +
        'destinationListtype=https://ref.gs1.org/cbv/SDT-locationdestination=urn:x:d' +
        'sourceListtype=https://ref.gs1.org/cbv/SDT-owning_partysource=https://id.gs1.org/417/4012345000009',
    );
  });

  it('sorts by code points', () => {
    const event = parsed(objectEvent({ 'example:a': ['\u{1F600}', '\uFFFD', 'z'] }));
    expect(preHash(event)).toMatch(/a=z\{.*\}a=\uFFFD\{.*\}a=\u{1F600}$/u);
  });

  it('leaves out what the document says to ignore', () => {
    const plain = documentOf([objectEvent()]);
    const marked = documentOf([objectEvent({ 'example:captureID': 'x' })], {
      'example:ignoreFields': ['example:captureID'],
    });
    expect(hashText(marked)).toEqual(hashText(plain));
    expect(hashText(documentOf([objectEvent({ 'example:captureID': 'x' })]))).not.toEqual(hashText(plain));
  });

  it('does not depend on the order of members and elements, nor on prefixes', () => {
    const members = Object.entries(
      objectEvent({
        epcList: ['urn:epc:id:sgtin:4012345.011111.1', 'urn:epc:id:sgtin:4012345.011111.2'],
        'example:a': 'x',
        'example:b': { 'example:c': 1, 'example:d': [2, 3] },
        readPoint: { id: 'geo:1,2' },
      }),
    );
    const hash = eventHash(parsed(Object.fromEntries(members)));
    fc.assert(
      fc.property(
        fc.shuffledSubarray(members, { minLength: members.length }),
        fc.boolean(),
        (shuffled, reverse) => {
          const event: Record<string, unknown> = Object.fromEntries(
            shuffled.map(([name, value]) => [
              name.replace(/^example:/, reverse ? 'other:' : 'example:'),
              value,
            ]),
          );
          if (reverse) (event['epcList'] as string[]) = [...(event['epcList'] as string[])].reverse();
          expect(
            eventHash(parsed({ '@context': { other: 'https://ns.example.com/epcis/' }, ...event })),
          ).toBe(hash);
        },
      ),
    );
  });
});
