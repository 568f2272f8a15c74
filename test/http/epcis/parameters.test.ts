import { describe, expect, it } from 'vitest';
import { meets, type SeenRecord } from '../../../api/delivery/record-search.ts';
import { parseEventQuery } from '../../../api/http/epcis/parameters.ts';

const EVENT: SeenRecord = {
  id: 'urn:uuid:1',
  kind: 'EVENT',
  at: Date.parse('2026-07-02T00:00:00Z'),
  fields: {
    type: 'ObjectEvent',
    eventTime: '2026-07-01T10:00:00.000Z',
    action: 'ADD',
    bizStep: 'shipping',
    disposition: 'in_transit',
    'readPoint.id': 'urn:epc:id:sgln:9521321.00001.0',
    'bizLocation.id': 'https://id.gs1.org/414/9521321000018',
    epcList: ['https://id.gs1.org/01/09521234543213/21/400'],
    'quantityList[].epcClass': ['urn:epc:class:lgtin:9521234.054321.a'],
    'quantityList[].quantity': ['1200.5'],
    'bizTransactionList[].type': ['po', 'inv'],
    'bizTransactionList[].bizTransaction': ['urn:x:1', 'urn:x:2'],
    'sourceList[].type': ['owning_party'],
    'sourceList[].source': ['urn:epc:id:pgln:9521321.00000'],
    'errorDeclaration.declarationTime': '2026-07-02T00:00:00.000Z',
  },
};

function finds(query: string, event: SeenRecord = EVENT): boolean {
  return meets(parseEventQuery(new URLSearchParams(query)).search, event);
}

describe('a query for events', () => {
  it.each([
    '',
    'eventType=ObjectEvent',
    'eventType=AggregationEvent|ObjectEvent',
    'GE_eventTime=2026-07-01T10:00:00Z&LT_eventTime=2026-07-01T10:00:01Z',
    'GE_eventTime=2026-07-01T12:00:00%2B02:00',
    'GE_eventTime=2026-07-01T12:00:00+02:00',
    'GE_recordTime=2026-07-02T00:00:00Z&LT_recordTime=2026-07-03T00:00:00Z',
    'EQ_action=ADD|DELETE',
    'EQ_bizStep=shipping',
    'EQ_bizStep=urn:epcglobal:cbv:bizstep:shipping',
    'EQ_bizStep=https://ref.gs1.org/cbv/BizStep-shipping|receiving',
    'EQ_disposition=cbv:Disp-in_transit',
    'EQ_readPoint=https://id.gs1.org/414/9521321000018',
    'EQ_bizLocation=urn:epc:id:sgln:9521321.00001.0',
    'EQ_bizTransaction_po=urn:x:1',
    'EQ_bizTransaction_urn:epcglobal:cbv:btt:inv=urn:x:1|urn:x:2',
    'EQ_source_owning_party=urn:epc:id:pgln:9521321.00000',
    'EQ_eventID=urn:uuid:1|urn:uuid:2',
    'MATCH_epc=urn:epc:id:sgtin:9521234.054321.400',
    'MATCH_anyEPC=urn:epc:idpat:sgtin:9521234.054321.*',
    'MATCH_epcClass=https://id.gs1.org/01/09521234543213/10/a',
    'MATCH_anyEPCClass=urn:epc:idpat:lgtin:9521234.054321.*',
    'EQ_quantity=1200.50&GE_quantity=1200.5&LE_quantity=1200.5&GT_quantity=1200&LT_quantity=1201',
    'EXISTS_errorDeclaration=',
  ])('finds the event: %s', (query) => expect(finds(query)).toBe(true));

  it.each([
    'eventType=AggregationEvent',
    'LT_eventTime=2026-07-01T10:00:00Z',
    'LT_recordTime=2026-07-02T00:00:00Z',
    'EQ_action=OBSERVE',
    'EQ_bizStep=receiving',
    'EQ_bizTransaction_po=urn:x:2',
    'EQ_destination_owning_party=urn:epc:id:pgln:9521321.00000',
    'EQ_eventID=urn:uuid:1&EQ_transformationID=urn:x',
    'MATCH_epc=urn:epc:id:sgtin:9521234.054321.4',
    'MATCH_parentID=urn:epc:id:sgtin:9521234.054321.400',
    'MATCH_inputEPC=urn:epc:id:sgtin:9521234.054321.400',
    'MATCH_epcClass=https://id.gs1.org/01/09521234543213',
    'MATCH_outputEPCClass=https://id.gs1.org/01/09521234543213/10/a',
    'MATCH_anyEPC=urn:epc:idpat:sgtin:9521234.054322.*',
    'GT_quantity=1200.5',
  ])('passes the event over: %s', (query) => expect(finds(query)).toBe(false));

  it.each(Object.keys(EVENT.fields))('finds nothing by a field that is hidden: %s', (hidden) => {
    const { [hidden]: _, ...fields } = EVENT.fields;
    const queries: Record<string, string> = {
      type: 'eventType=ObjectEvent',
      eventTime: 'GE_eventTime=2000-01-01T00:00:00Z',
      action: 'EQ_action=ADD',
      bizStep: 'EQ_bizStep=shipping',
      disposition: 'EQ_disposition=in_transit',
      'readPoint.id': 'EQ_readPoint=urn:epc:id:sgln:9521321.00001.0',
      'bizLocation.id': 'EQ_bizLocation=urn:epc:id:sgln:9521321.00001.0',
      epcList: 'MATCH_anyEPC=urn:epc:id:sgtin:9521234.054321.400',
      'quantityList[].epcClass': 'MATCH_anyEPCClass=urn:epc:class:lgtin:9521234.054321.a',
      'quantityList[].quantity': 'GT_quantity=0',
      'bizTransactionList[].type': 'EQ_bizTransaction_po=urn:x:1',
      'bizTransactionList[].bizTransaction': 'EQ_bizTransaction_po=urn:x:1',
      'sourceList[].type': 'EQ_source_owning_party=urn:epc:id:pgln:9521321.00000',
      'sourceList[].source': 'EQ_source_owning_party=urn:epc:id:pgln:9521321.00000',
      'errorDeclaration.declarationTime': 'EXISTS_errorDeclaration=',
    };
    const query = queries[hidden] ?? '';
    expect([finds(query), finds(query, { ...EVENT, fields })]).toEqual([true, false]);
  });

  it.each([
    ['EQ_colour=red', 'EQ_colour'],
    ['constructor=x', 'constructor'],
    ['EQ_source_=x', 'EQ_source_'],
    ['EQ_action=ADD&EQ_action=OBSERVE', 'EQ_action'],
    ['EQ_action=', 'EQ_action'],
    ['EQ_action=ADD|', 'EQ_action'],
    ['GE_eventTime=yesterday', 'GE_eventTime'],
    ['GE_eventTime=2026-07-01T10:00:00', 'GE_eventTime'],
    ['GT_quantity=much', 'GT_quantity'],
    ['EXISTS_errorDeclaration=true', 'EXISTS_errorDeclaration'],
    ['MATCH_epc=urn:epc:idpat:sgtin:9521234.*.*', 'MATCH_epc'],
    ['orderBy=quantity', 'orderBy'],
    ['orderBy=toString', 'orderBy'],
    ['orderDirection=up', 'orderDirection'],
    ['perPage=0', 'perPage'],
    ['perPage=101', 'perPage'],
    ['perPage=1e2', 'perPage'],
  ])('is refused, naming the parameter: %s', (query, place) => {
    expect(() => parseEventQuery(new URLSearchParams(query))).toThrow(
      expect.objectContaining({ code: 'BAD_INPUT', details: { place } }),
    );
  });

  it('says how to go through the pages', () => {
    const query = 'orderBy=eventTime&perPage=100&nextPageToken=abc&book=a.example/x';
    expect(parseEventQuery(new URLSearchParams(query))).toMatchObject({
      order: 'EVENT_TIME',
      descending: true,
      perPage: 100,
      nextPageToken: 'abc',
      book: 'a.example/x',
    });
    expect(parseEventQuery(new URLSearchParams())).toMatchObject({
      order: 'FIRST',
      descending: false,
      perPage: 30,
      nextPageToken: null,
      book: null,
    });
  });
});
