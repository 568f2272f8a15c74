import { describe, expect, it } from 'vitest';
import { parseDocument } from '../../api/events/epcis.ts';
import {
  CONTEXT,
  documentOf,
  eventsOf,
  hasSharedData,
  objectEvent,
  parsed,
  problemsOf,
  sharedFiles,
  sharedText,
  transformationEvent,
} from './support.ts';

const EVENT = 'epcisBody.eventList[0]';

describe('an EPCIS document', () => {
  it.each(sharedFiles('valid'))('%s is taken', (name) => {
    expect(problemsOf(sharedText(`valid/${name}`))).toEqual([]);
  });

  it.each(sharedFiles('chains'))('%s is taken with its master data', (name) => {
    const result = parseDocument(sharedText(`chains/${name}`));
    expect(result.ok && result.masterData.length > 0).toBe(true);
  });

  it.skipIf(!hasSharedData).each([
    ['Combination_of_events_with_missing_mandatory_fields.json', 0, 'eventList[0].action'],
    ['Combination_of_events_with_missing_mandatory_fields.json', 1, 'eventList[1].eventTimeZoneOffset'],
    ['Combination_of_non_standard_bizStep_and_disposition.json', 1, 'eventList[1].disposition'],
    ['ObjectEvent_with_ilmd_field_without_namespace.json', 0, 'eventList[0].ilmd.materialType'],
    [
      'ObjectEvent_with_invalid_certificationInfo.json',
      0,
      'eventList[0].certificationInfo[1].gs1:CertificationDetails.gs1:certificationAuditDate',
    ],
    ['ObjectEvent_with_non_standard_bizStep.json', 0, 'eventList[0].bizStep'],
    ['ObjectEvent_with_non_standard_disposition.json', 0, 'eventList[0].disposition'],
    ['ObjectEvent_with_unknown_field_in_quantityList.json', 0, 'eventList[0].quantityList[0].weight'],
    ['ObjectEvent_without_identifier_list.json', 0, 'eventList[0].epcList'],
  ])('%s is refused for event %i, %s', (name, event, place) => {
    const problems = problemsOf(sharedText(`invalid/${name}`));
    expect(problems).toContainEqual(expect.objectContaining({ event, field: `epcisBody.${place}` }));
  });

  it('may be one event, or an array of events', () => {
    const event = { '@context': CONTEXT, ...objectEvent() };
    expect(eventsOf(JSON.stringify(event))).toHaveLength(1);
    expect(eventsOf(JSON.stringify([event, objectEvent()]))).toHaveLength(2);
  });

  it('may be the answer to a query', () => {
    const epcisBody = {
      queryResults: { queryName: 'q', resultsBody: { eventList: [objectEvent({ action: 'X' })] } },
    };
    expect(problemsOf(documentOf([], { type: 'EPCISQueryDocument', epcisBody }))).toMatchObject([
      { event: 0, field: 'epcisBody.queryResults.resultsBody.eventList[0].action', code: 'UNKNOWN_VALUE' },
    ]);
  });

  it('may have extensions at every level, a sender and a receiver', () => {
    const text = documentOf([objectEvent()], {
      id: 'https://id.example.org/document1',
      sender: 'urn:epc:id:sgln:0353579.00001.0',
      receiver: 'urn:epc:id:sgln:5012345.00001.0',
      instanceIdentifier: '1',
      'example:x': { deep: [1] },
      epcisHeader: { 'example:y': 1 },
      epcisBody: { eventList: [objectEvent()], 'example:z': 1 },
    });
    expect(problemsOf(text)).toEqual([]);
  });

  it.each([
    ['without a context', { '@context': undefined }, '@context', 'MISSING_FIELD'],
    ['without a type', { type: undefined }, 'type', 'MISSING_FIELD'],
    ['without a version', { schemaVersion: undefined }, 'schemaVersion', 'MISSING_FIELD'],
    ['without a creation date', { creationDate: undefined }, 'creationDate', 'MISSING_FIELD'],
    ['with a bad creation date', { creationDate: '2026-07-22' }, 'creationDate', 'BAD_DATE_TIME'],
    ['without a body', { epcisBody: undefined }, 'epcisBody', 'MISSING_FIELD'],
    ['without an event list', { epcisBody: {} }, 'epcisBody.eventList', 'MISSING_FIELD'],
    ['with an empty event list', { epcisBody: { eventList: [] } }, 'epcisBody.eventList', 'EMPTY'],
    ['with events that are no list', { epcisBody: { eventList: {} } }, 'epcisBody.eventList', 'WRONG_TYPE'],
    ['with an unknown field', { foo: 1 }, 'foo', 'UNKNOWN_FIELD'],
    ['with a bad context', { '@context': [1] }, '@context[0]', 'BAD_CONTEXT'],
    ['with a bad prefix', { '@context': { x: 'no uri' } }, '@context.x', 'BAD_CONTEXT'],
  ])('%s is refused', (_name, changes, field, code) => {
    const problems = problemsOf(documentOf([objectEvent()], changes));
    expect(problems).toMatchObject([{ event: null, field, code }]);
  });

  it('is refused with all of its faults at once', () => {
    const events = [
      objectEvent({ action: 'MOVE', eventTime: 'today' }),
      objectEvent(),
      objectEvent({ bizStep: 'x' }),
    ];
    expect(problemsOf(documentOf(events)).map((one) => [one.event, one.field])).toEqual([
      [0, 'epcisBody.eventList[0].eventTime'],
      [0, 'epcisBody.eventList[0].action'],
      [2, 'epcisBody.eventList[2].bizStep'],
    ]);
  });

  it('is refused with no more than 100 faults', () => {
    const events = Array.from({ length: 300 }, () => objectEvent({ action: 'MOVE' }));
    expect(problemsOf(documentOf(events))).toHaveLength(100);
  });

  it('is refused for a duplicate key, with the event it stands in', () => {
    const text = documentOf([objectEvent()]).replace('"action"', '"bizStep":"shipping","action"');
    expect(problemsOf(text)).toMatchObject([{ event: 0, field: `${EVENT}.bizStep`, code: 'DUPLICATE_KEY' }]);
  });

  it('never repeats a value in a message', () => {
    const text = documentOf([
      objectEvent({ action: 'SECRET1', bizStep: 'SECRET2', eventTime: 'SECRET3', type: 'ObjectEvent' }),
    ]);
    expect(JSON.stringify(problemsOf(text))).not.toContain('SECRET');
  });
});

const quantity = { epcClass: 'urn:epc:class:lgtin:4012345.012345.A1', quantity: 1 };
const child = 'urn:epc:id:sgtin:4012345.011111.1';
const common = { eventTime: '2026-07-22T06:45:00Z', eventTimeZoneOffset: '+00:00' };

describe('an event', () => {
  it.each([
    ['no eventTime', objectEvent({ eventTime: undefined }), 'eventTime', 'MISSING_FIELD'],
    ['no offset', objectEvent({ eventTimeZoneOffset: null }), 'eventTimeZoneOffset', 'MISSING_FIELD'],
    ['a bad offset', objectEvent({ eventTimeZoneOffset: '+1:00' }), 'eventTimeZoneOffset', 'BAD_DATE_TIME'],
    ['no type', objectEvent({ type: undefined }), 'type', 'MISSING_FIELD'],
    ['an unknown type', objectEvent({ type: 'QuantityEvent' }), 'type', 'UNKNOWN_VALUE'],
    ['a wrong action', objectEvent({ action: 'CREATE' }), 'action', 'UNKNOWN_VALUE'],
    ['a list that is none', objectEvent({ epcList: child }), 'epcList', 'WRONG_TYPE'],
    ['an empty epcList', objectEvent({ epcList: [] }), 'epcList', 'MISSING_FIELD'],
    ['an EPC that is no URI', objectEvent({ epcList: ['4012345'] }), 'epcList[0]', 'BAD_URI'],
    [
      'a GTIN with a wrong check digit',
      objectEvent({ epcList: [child, 'https://id.gs1.org/01/04012345999991/21/1'] }),
      'epcList[1]',
      'CHECK_DIGIT',
    ],
    [
      'a quantity as text',
      objectEvent({ quantityList: [{ ...quantity, quantity: '1' }] }),
      'quantityList[0].quantity',
      'WRONG_TYPE',
    ],
    [
      'a negative quantity',
      objectEvent({ quantityList: [{ ...quantity, quantity: -1 }] }),
      'quantityList[0].quantity',
      'BAD_NUMBER',
    ],
    [
      'a wrong unit',
      objectEvent({ quantityList: [{ ...quantity, uom: 'kilogram' }] }),
      'quantityList[0].uom',
      'UNKNOWN_VALUE',
    ],
    [
      'no class',
      objectEvent({ quantityList: [{ quantity: 1 }] }),
      'quantityList[0].epcClass',
      'MISSING_FIELD',
    ],
    [
      'a CURIE with an undeclared prefix',
      objectEvent({ bizStep: 'other:step' }),
      'bizStep',
      'UNKNOWN_PREFIX',
    ],
    ['a misspelt CBV value', objectEvent({ bizStep: 'cbv:BizStep-shiping' }), 'bizStep', 'UNKNOWN_VALUE'],
    ['an undeclared extension', objectEvent({ 'other:field': 1 }), 'other:field', 'UNKNOWN_PREFIX'],
    ['an extension without a namespace', objectEvent({ field: 1 }), 'field', 'UNKNOWN_FIELD'],
    [
      'an extension in Clark notation',
      objectEvent({ '{https://ns.example.com/epcis/}a': 1 }),
      '{https://ns.example.com/epcis/}a',
      'FORBIDDEN_NAME',
    ],
    ['ilmd on observation', objectEvent({ ilmd: { 'example:a': 1 } }), 'ilmd', 'NOT_ALLOWED'],
    ['a read point without id', objectEvent({ readPoint: {} }), 'readPoint.id', 'MISSING_FIELD'],
    ['a read point that is a number', objectEvent({ readPoint: 1 }), 'readPoint', 'WRONG_TYPE'],
    [
      'a wrong transaction type',
      objectEvent({ bizTransactionList: [{ type: 'order', bizTransaction: 'urn:x:1' }] }),
      'bizTransactionList[0].type',
      'UNKNOWN_VALUE',
    ],
    [
      'a source without type',
      objectEvent({ sourceList: [{ source: 'urn:x:1' }] }),
      'sourceList[0].type',
      'MISSING_FIELD',
    ],
    [
      'a wrong destination type',
      objectEvent({ destinationList: [{ type: 'place', destination: 'urn:x:1' }] }),
      'destinationList[0].type',
      'UNKNOWN_VALUE',
    ],
    [
      'an error declaration without time',
      objectEvent({ errorDeclaration: { reason: 'incorrect_data' } }),
      'errorDeclaration.declarationTime',
      'MISSING_FIELD',
    ],
    [
      'an unknown error reason',
      objectEvent({ errorDeclaration: { declarationTime: common.eventTime, reason: 'oops' } }),
      'errorDeclaration.reason',
      'UNKNOWN_VALUE',
    ],
    [
      'a sensor without report',
      objectEvent({ sensorElementList: [{}] }),
      'sensorElementList[0].sensorReport',
      'MISSING_FIELD',
    ],
    [
      'a sensor value as text',
      objectEvent({ sensorElementList: [{ sensorReport: [{ type: 'Temperature', value: '1' }] }] }),
      'sensorElementList[0].sensorReport[0].value',
      'WRONG_TYPE',
    ],
    [
      'a wrong persistent disposition',
      objectEvent({ persistentDisposition: { set: ['lost'] } }),
      'persistentDisposition.set[0]',
      'UNKNOWN_VALUE',
    ],
    [
      'an extension in a quantity',
      objectEvent({ quantityList: [{ ...quantity, 'example:a': 1 }] }),
      'quantityList[0].example:a',
      'NOT_ALLOWED',
    ],
    [
      'no parent',
      { type: 'AggregationEvent', ...common, action: 'ADD', childEPCs: [child] },
      'parentID',
      'MISSING_FIELD',
    ],
    [
      'no children',
      { type: 'AggregationEvent', ...common, action: 'ADD', parentID: 'urn:x:p' },
      'childEPCs',
      'MISSING_FIELD',
    ],
    [
      'no parent of an association',
      { type: 'AssociationEvent', ...common, action: 'OBSERVE', childEPCs: [child] },
      'parentID',
      'MISSING_FIELD',
    ],
    [
      'no transactions',
      { type: 'TransactionEvent', ...common, action: 'ADD', epcList: [child] },
      'bizTransactionList',
      'MISSING_FIELD',
    ],
    ['an action in a transformation', transformationEvent({ action: 'ADD' }), 'action', 'UNKNOWN_FIELD'],
    [
      'no inputs',
      transformationEvent({ inputQuantityList: undefined }),
      'inputQuantityList',
      'MISSING_FIELD',
    ],
    ['no outputs', transformationEvent({ outputQuantityList: [] }), 'outputQuantityList', 'MISSING_FIELD'],
  ])('with %s is refused', (_name, event, field, code) => {
    expect(problemsOf(documentOf([event]))).toMatchObject([{ event: 0, field: `${EVENT}.${field}`, code }]);
  });

  it.each([
    [
      'an observed aggregation without parent',
      { type: 'AggregationEvent', ...common, action: 'OBSERVE', childEPCs: [child] },
    ],
    [
      'an aggregation undone as a whole',
      { type: 'AggregationEvent', ...common, action: 'DELETE', parentID: 'urn:x:p' },
    ],
    [
      'one half of a split transformation',
      transformationEvent({ outputQuantityList: undefined, transformationID: 'urn:x:t' }),
    ],
    [
      'sensor data of a place',
      objectEvent({
        epcList: [],
        readPoint: { id: 'geo:1,2' },
        sensorElementList: [{ sensorReport: [{ type: 'Temperature', value: 1 }] }],
      }),
    ],
    ['a quantity of unknown size', objectEvent({ quantityList: [{ epcClass: quantity.epcClass }] })],
    ['a business step of a user', objectEvent({ bizStep: 'urn:gdst:bizStep:landing' })],
    [
      'certification details',
      objectEvent({ certificationInfo: [{ 'gs1:certificationAuditDate': '2026-01-01' }, 'urn:x:c'] }),
    ],
    [
      'JSON-LD keywords inside of an extension',
      objectEvent({ 'gs1:masterDataAvailableFor': [{ '@id': 'urn:x:1', name: 'x' }] }),
    ],
  ])('with %s is taken', (_name, event) => expect(problemsOf(documentOf([event]))).toEqual([]));

  it('keeps standard values by their short names, however they are written', () => {
    const forms = [
      'shipping',
      'cbv:BizStep-shipping',
      'https://ref.gs1.org/cbv/BizStep-shipping',
      'urn:epcglobal:cbv:bizstep:shipping',
    ];
    expect(forms.map((bizStep) => parsed(objectEvent({ bizStep }))['bizStep'])).toEqual(
      forms.map(() => 'shipping'),
    );
    const report = {
      type: 'gs1:Temperature',
      exception: 'gs1:ALARM_CONDITION',
      component: 'cbv:Comp-latitude',
      value: 1,
    };
    expect(
      parsed(objectEvent({ sensorElementList: [{ sensorReport: [report] }] }))['sensorElementList'],
    ).toEqual([
      {
        sensorReport: [
          { type: 'Temperature', exception: 'ALARM_CONDITION', component: 'latitude', value: '1' },
        ],
      },
    ]);
  });

  it("keeps a user's own values by their full URI", () => {
    expect(parsed(objectEvent({ bizStep: 'example:step' }))['bizStep']).toBe(
      'https://ns.example.com/epcis/step',
    );
  });

  it('keeps decimals exactly', () => {
    const text = documentOf([objectEvent({ quantityList: [quantity] })]).replace(
      '"quantity":1',
      '"quantity":1234567890.12345678900',
    );
    expect(eventsOf(text)[0]?.['quantityList']).toEqual([{ ...quantity, quantity: '1234567890.123456789' }]);
  });

  it('gives extensions one name whatever their prefix and place of declaration', () => {
    const one = parsed(objectEvent({ 'example:a': { 'example:b': 1, plain: 2 } }));
    const two = parsed({
      '@context': { mine: 'https://ns.example.com/epcis/' },
      ...objectEvent({
        'mine:a': { '@context': { x: 'https://ns.example.com/epcis/' }, 'x:b': 1, plain: 2 },
      }),
    });
    const three = parsed(objectEvent({ 'https://ns.example.com/epcis/a': { 'example:b': 1, plain: 2 } }));
    expect(one['{https://ns.example.com/epcis/}a']).toEqual({
      '{https://ns.example.com/epcis/}b': 1,
      plain: 2,
    });
    expect(two).toEqual(one);
    expect(three).toEqual(one);
  });

  it('is refused where two prefixes of one namespace name one field', () => {
    const event = {
      '@context': { two: 'https://ns.example.com/epcis/' },
      ...objectEvent({ 'example:a': 1, 'two:a': 2 }),
    };
    expect(problemsOf(documentOf([event]))).toMatchObject([
      { field: `${EVENT}.two:a`, code: 'DUPLICATE_KEY' },
    ]);
  });

  it('warns of keys of places with a wrong check digit', () => {
    const result = parseDocument(
      documentOf([objectEvent({ readPoint: { id: 'https://id.gs1.org/414/4012345000055' } })]),
    );
    expect(result.ok && result.warnings).toMatchObject([
      { event: 0, field: `${EVENT}.readPoint.id`, code: 'CHECK_DIGIT' },
    ]);
  });
});

describe('master data', () => {
  it('gives products, lots, places and parties by their vocabulary', () => {
    const vocabulary = (type: string, id: string, attributes: unknown[]) => ({
      type: `urn:epcglobal:epcis:vtype:${type}`,
      vocabularyElementList: [{ id, attributes }],
    });
    const result = parseDocument(
      documentOf([], {
        epcisHeader: {
          epcisMasterData: {
            vocabularyList: [
              vocabulary('EPCClass', 'urn:epc:idpat:sgtin:4012345.012345.*', [
                { id: 'urn:epcglobal:cbv:mda#descriptionShort', attribute: 'Tuna' },
                { id: 'urn:epcglobal:cbv:mda#netWeight', attribute: '3.5' },
              ]),
              vocabulary('EPCClass', 'urn:epc:class:lgtin:4012345.012345.A1', []),
              vocabulary('Location', 'urn:epc:id:sgln:4012345.00005.0', [
                { id: 'urn:epcglobal:cbv:mda#city', attribute: 'Cologne' },
                { id: 'urn:epcglobal:cbv:mda#latitude', attribute: '+50.90' },
                { id: 'urn:epcglobal:cbv:mda#longitude', attribute: 'east' },
                { id: 'urn:epcglobal:cbv:owning_party', attribute: 'urn:epc:id:pgln:4012345.00005' },
              ]),
              vocabulary('Party', 'urn:epc:id:pgln:4012345.00005', [
                { id: 'urn:epcglobal:cbv:mda#name', attribute: 'Fisher' },
              ]),
            ],
          },
        },
      }),
    );
    expect(result.ok && result.masterData).toEqual([
      {
        type: 'PRODUCT',
        id: 'https://id.gs1.org/01/04012345123456',
        fields: { name: 'Tuna', '{urn:epcglobal:cbv:mda:}netWeight': '3.5' },
      },
      {
        type: 'LOT',
        id: 'https://id.gs1.org/01/04012345123456/10/A1',
        fields: { product: 'https://id.gs1.org/01/04012345123456' },
      },
      {
        type: 'LOCATION',
        id: 'https://id.gs1.org/414/4012345000054',
        fields: {
          'address.city': 'Cologne',
          'geo.latitude': '50.9',
          '{urn:epcglobal:cbv:mda:}longitude': 'east',
          owner: 'https://id.gs1.org/417/4012345000054',
        },
      },
      { type: 'PARTY', id: 'https://id.gs1.org/417/4012345000054', fields: { name: 'Fisher' } },
    ]);
  });
});
