import { describe, expect, it } from 'vitest';
import { parseDocument } from '../../api/events/epcis.ts';
import { flatten, unflatten } from '../../api/events/fields.ts';
import { eventHash } from '../../api/events/hash.ts';
import { eventRecord, RECORD_TYPES, validateRecord } from '../../api/events/record.ts';
import { EpcisDocumentWriter, epcisQueryDocument, toEpcis } from '../../api/events/to-epcis.ts';
import { eventsOf, objectEvent, parsed, sharedFiles, sharedText, transformationEvent } from './support.ts';

const LOT = 'urn:epc:class:lgtin:4012345.012345.A1';

describe('a record given directly', () => {
  it('is flattened under its canonical id', () => {
    const lot = {
      quantity: 12.5,
      uom: 'KGM',
      productionDate: '2026-01-02',
      'cbvmda:lotNumber': 'A1',
      note: null,
    };
    expect(validateRecord('LOT', LOT, lot)).toEqual({
      ok: true,
      type: 'LOT',
      id: 'https://id.gs1.org/01/04012345123456/10/A1',
      fields: {
        product: 'https://id.gs1.org/01/04012345123456',
        quantity: '12.5',
        uom: 'KGM',
        productionDate: '2026-01-02',
        '{urn:epcglobal:cbv:mda:}lotNumber': 'A1',
      },
      warnings: [],
    });
  });

  it('takes extensions in Clark notation or with a declared prefix', () => {
    const clark = validateRecord('PRODUCT', 'urn:x:p', { '{https://ns.example.com/}a': { b: 1 } });
    const prefixed = validateRecord('PRODUCT', 'urn:x:p', {
      '@context': { e: 'https://ns.example.com/' },
      'e:a': { b: 1 },
    });
    expect(clark).toMatchObject({ ok: true, fields: { '{https://ns.example.com/}a.b': 1 } });
    expect(prefixed).toEqual(clark);
  });

  it.each([
    ['LOT', LOT, { bestBeforDate: '2026-01-01' }, 'bestBeforDate', 'UNKNOWN_FIELD', 'bestBeforeDate'],
    ['LOT', LOT, { quantity: 'much' }, 'quantity', 'WRONG_TYPE', ''],
    ['LOT', LOT, { harvestDate: '01.02.2026' }, 'harvestDate', 'BAD_DATE_TIME', ''],
    ['LOT', 'https://id.gs1.org/01/04012345123457/10/A1', {}, 'id', 'CHECK_DIGIT', ''],
    ['LOT', 'urn:epc:id:sgln:4012345.00005.0', {}, 'id', 'BAD_IDENTIFIER', ''],
    ['PRODUCT', 'no uri', { name: 'x' }, 'id', 'BAD_URI', ''],
    [
      'LOCATION',
      'urn:epc:id:sgln:4012345.00005.0',
      { geo: { latitude: 91 } },
      'geo.latitude',
      'BAD_NUMBER',
      '',
    ],
    ['PARTY', 'urn:epc:id:pgln:4012345.00005', { contact: { phone: 1 } }, 'contact.phone', 'WRONG_TYPE', ''],
    [
      'NOTE',
      'urn:uuid:374d95fc-9457-4a51-bd6a-0bba133845a8',
      { about: ['urn:x:1'] },
      'text',
      'MISSING_FIELD',
      '',
    ],
    ['NOTE', null, { about: ['urn:x:1'], text: 'x' }, 'id', 'MISSING_FIELD', ''],
    ['NOTE', 'urn:x:1', { about: [], text: 'x' }, 'about', 'EMPTY', ''],
    ['PRODUCT', 'urn:x:1', { name: 'a\u0000' }, 'name', 'FORBIDDEN_CHARACTER', ''],
    ['PRODUCT', 'urn:x:1', { 'cbvmda:x': { '': 1 } }, 'cbvmda:x.', 'FORBIDDEN_NAME', ''],
  ] as const)('of type %s is refused where it is wrong: %#', (type, id, object, field, code, hint) => {
    const result = validateRecord(type, id, object);
    expect(result).toMatchObject({ ok: false, problems: [{ field, code }] });
    expect(JSON.stringify(result)).toContain(hint);
  });

  it('is refused where it nests too deep', () => {
    let deep: unknown = 1;
    for (let depth = 0; depth < 10_000; depth += 1) deep = [deep];
    expect(validateRecord('PRODUCT', 'urn:x:1', { 'cbvmda:x': deep })).toMatchObject({
      problems: [{ code: 'TOO_DEEP' }],
    });
  });

  it.each(RECORD_TYPES)('of type %s is refused where its id is none', (type) => {
    expect(validateRecord(type, 'no uri', {}).ok).toBe(false);
  });

  it('is refused where it is no object', () => {
    for (const value of [null, undefined, 1, 'x', []]) {
      expect(validateRecord('LOT', LOT, value).ok).toBe(false);
      expect(validateRecord('EVENT', null, value).ok).toBe(false);
    }
  });
});

describe('an event record', () => {
  it('has its eventID as id, or else its event hash', () => {
    const eventID = 'urn:uuid:374d95fc-9457-4a51-bd6a-0bba133845a8';
    const plain = validateRecord('EVENT', null, objectEvent());
    expect(validateRecord('EVENT', null, objectEvent({ eventID }))).toMatchObject({ id: eventID });
    expect(plain).toMatchObject({ id: eventHash(parsed(objectEvent())) });
    expect(validateRecord('EVENT', 'urn:x:other', objectEvent({ eventID }))).toMatchObject({
      ok: false,
      problems: [{ field: 'eventID', code: 'NOT_ALLOWED' }],
    });
  });

  it('has the same fields from a document, from an API and from its own fields', () => {
    const event = transformationEvent({ 'cbvmda:x': { a: [1, { b: 2 }] } });
    const { fields, id } = eventRecord(parsed(event));
    expect(validateRecord('EVENT', null, event)).toMatchObject({ ok: true, id, fields });
    expect(validateRecord('EVENT', id, unflatten(fields))).toMatchObject({ ok: true, id, fields });
  });

  const files = ['valid', 'chains', 'event-hash'].flatMap((folder) =>
    sharedFiles(folder).map((name) => `${folder}/${name}`),
  );

  it.each(files)('%s comes back from its fields as the same event', (path) => {
    for (const event of eventsOf(sharedText(path))) {
      const { fields, id } = eventRecord(event);
      const again = eventsOf(toEpcis(fields))[0];
      expect(again && flatten(again)).toEqual(fields);
      expect(again && eventHash(again)).toBe(eventHash(event));
      expect(validateRecord('EVENT', id, unflatten(fields))).toMatchObject({ ok: true, fields });
    }
  });

  it.each(sharedFiles('chains'))('%s has master data that pass as records', (name) => {
    const result = parseDocument(sharedText(`chains/${name}`));
    if (!result.ok) throw new Error('refused');
    for (const { type, id, fields } of result.masterData) {
      expect(validateRecord(type, id, unflatten(fields))).toMatchObject({ ok: true, type, id, fields });
    }
  });
});

describe('an event written as EPCIS', () => {
  it('has prefixes for the namespaces of its extensions and exact numbers', () => {
    const text = toEpcis({
      type: 'ObjectEvent',
      'quantityList[].epcClass': [LOT],
      'quantityList[].quantity': ['1234567890.12345678901'],
      '{https://ns.example.com/}a.{https://ns.example.com/}b': 0.5,
      'ilmd.{urn:epcglobal:cbv:mda:}lotNumber': 'A1',
    });
    expect(text).toBe(
      '{"@context":["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",{"ext1":"https://ns.example.com/"}],' +
        `"type":"ObjectEvent","quantityList":[{"epcClass":"${LOT}","quantity":1234567890.12345678901}],` +
        '"ext1:a":{"ext1:b":0.5},"ilmd":{"cbvmda:lotNumber":"A1"}}',
    );
  });

  it('may stand in a document or in the answer to a query', () => {
    const { fields } = eventRecord(parsed(objectEvent({ 'example:a': 1 })));
    const writer = new EpcisDocumentWriter();
    const body = writer.event(fields) + writer.event(fields);
    for (const text of [
      writer.head('2026-07-22T10:30:00Z') + body + writer.end,
      epcisQueryDocument([fields, fields], '2026-07-22T10:30:00Z', { queryName: 'q' }),
    ]) {
      expect(eventsOf(text).map((event) => flatten(event))).toEqual([fields, fields]);
    }
  });
});
