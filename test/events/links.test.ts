import { describe, expect, it } from 'vitest';
import { flatten } from '../../api/events/fields.ts';
import { deriveLinks, isThing, productsAndLots } from '../../api/events/links.ts';
import { objectEvent, parsed, transformationEvent } from './support.ts';

describe('the links of an event', () => {
  it('are the inputs and outputs of a transformation with their quantities', () => {
    expect(deriveLinks(flatten(parsed(transformationEvent())))).toEqual([
      {
        role: 'in',
        identifier: 'https://id.gs1.org/01/04012345123456/10/A1',
        field: 'inputQuantityList[].epcClass',
        kind: 'lot',
        quantity: '10',
        uom: 'KGM',
        product: 'https://id.gs1.org/01/04012345123456',
      },
      {
        role: 'out',
        identifier: 'https://id.gs1.org/01/04012345999990/10/B1',
        field: 'outputQuantityList[].epcClass',
        kind: 'lot',
        quantity: '9.5',
        uom: 'KGM',
        product: 'https://id.gs1.org/01/04012345999990',
      },
    ]);
  });

  it.each([
    ['ADD', 'out'],
    ['DELETE', 'in'],
    ['OBSERVE', 'observed'],
  ])('of an object event with action %s are %s', (action, role) => {
    expect(deriveLinks(flatten(parsed(objectEvent({ action })))).map((link) => link.role)).toEqual([role]);
  });

  it('are parent and children of an aggregation', () => {
    const event = parsed({
      ...objectEvent({ type: 'AggregationEvent', epcList: undefined, action: 'ADD' }),
      parentID: 'urn:epc:id:sscc:4012345.0111111111',
      childEPCs: ['urn:epc:id:sgtin:4012345.011111.1'],
      childQuantityList: [{ epcClass: 'urn:gdst:example.org:product:lot:class:a' }],
    });
    expect(deriveLinks(flatten(event)).map((link) => [link.role, link.kind, link.field])).toEqual([
      ['parent', 'shipment', 'parentID'],
      ['child', 'instance', 'childEPCs'],
      ['child', 'lot', 'childQuantityList[].epcClass'],
    ]);
  });

  it('are its places, parties and process too, which are no things and by which no rule selects', () => {
    const fields = {
      'readPoint.id': 'urn:epc:id:sgln:9521321.00001.0',
      'bizLocation.id': 'https://id.gs1.org/01/09521234543213/10/odd',
      'sourceList[].source': ['urn:epc:id:pgln:9521321.00001'],
      'destinationList[].destination': ['https://id.gs1.org/414/9521321000025', null],
      transformationID: 'urn:batch:7',
    };
    expect(deriveLinks(fields).map((link) => [link.role, link.kind, isThing(link)])).toEqual([
      ['place', 'location', false],
      ['place', 'lot', false],
      ['source', 'party', false],
      ['destination', 'location', false],
      ['process', 'other', false],
    ]);
    expect(productsAndLots(fields)).toEqual({ products: [], lots: [] });
  });

  it('can be told from a part of the fields', () => {
    expect(deriveLinks({ 'quantityList[].epcClass': ['urn:x:1', null] })).toEqual([
      { role: 'observed', identifier: 'urn:x:1', field: 'quantityList[].epcClass', kind: 'other' },
    ]);
  });

  it('give the products and lots that sharing rules select by', () => {
    expect(productsAndLots(flatten(parsed(transformationEvent())))).toEqual({
      products: ['https://id.gs1.org/01/04012345123456', 'https://id.gs1.org/01/04012345999990'],
      lots: ['https://id.gs1.org/01/04012345123456/10/A1', 'https://id.gs1.org/01/04012345999990/10/B1'],
    });
    expect(productsAndLots({ note: 'x' }, 'urn:epc:class:lgtin:4012345.012345.A1')).toEqual({
      products: ['https://id.gs1.org/01/04012345123456'],
      lots: ['https://id.gs1.org/01/04012345123456/10/A1'],
    });
  });
});
