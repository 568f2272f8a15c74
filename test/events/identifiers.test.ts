import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalIdentifier, classify, identify } from '../../api/events/identifiers.ts';
import { checkDigit, hasCheckDigit } from '../../api/events/gs1-keys.ts';

describe('the canonical form of an identifier', () => {
  it.each([
    ['urn:epc:id:sgtin:4012345.011111.98%22', 'https://id.gs1.org/01/04012345111118/21/98%22'],
    ['urn:epc:id:sgtin:415056789012.0.987654', 'https://id.gs1.org/01/04150567890128/21/987654'],
    ['urn:epc:id:sgtin:0614141.812345.67!%3F()', 'https://id.gs1.org/01/80614141123458/21/67%21%3F%28%29'],
    ['urn:epc:id:sscc:4012345.0111111111', 'https://id.gs1.org/00/040123451111111110'],
    ['urn:epc:id:sgln:4012345.00005.122', 'https://id.gs1.org/414/4012345000054/254/122'],
    ['urn:epc:id:sgln:4012345.00005.0', 'https://id.gs1.org/414/4012345000054'],
    ['urn:epc:id:grai:4012345.00022.334455', 'https://id.gs1.org/8003/04012345000221334455'],
    ['urn:epc:id:giai:4012345.ABC345', 'https://id.gs1.org/8004/4012345ABC345'],
    ['urn:epc:id:gsrn:4012345.0000006765', 'https://id.gs1.org/8018/401234500000067657'],
    ['urn:epc:id:gsrnp:4012345.0000000007', 'https://id.gs1.org/8017/401234500000000074'],
    ['urn:epc:id:gdti:4012345.00009.PO-4711', 'https://id.gs1.org/253/4012345000092PO-4711'],
    ['urn:epc:id:gdti:987659999999..9', 'https://id.gs1.org/253/98765999999929'],
    [
      'urn:epc:id:cpi:0614141.11111111-A%23%2F.1234',
      'https://id.gs1.org/8010/061414111111111-A%23%2F/8011/1234',
    ],
    ['urn:epc:id:sgcn:4012345.99999.44', 'https://id.gs1.org/255/401234599999044'],
    ['urn:epc:id:ginc:0614141.xyz47%2F11', 'https://id.gs1.org/401/0614141xyz47%2F11'],
    ['urn:epc:id:gsin:4012345.222333444', 'https://id.gs1.org/402/40123452223334442'],
    ['urn:epc:id:itip:4012345.011111.01.02.987', 'https://id.gs1.org/8006/040123451111180102/21/987'],
    ['urn:epc:id:upui:1234567.098765.51qIgY)%3C', 'https://id.gs1.org/01/01234567987651/235/51qIgY%29%3C'],
    ['urn:epc:id:pgln:999999999999.', 'https://id.gs1.org/417/9999999999994'],
    ['urn:epc:class:lgtin:4012345.012345.Lot987', 'https://id.gs1.org/01/04012345123456/10/Lot987'],
    ['urn:epc:idpat:sgtin:4012345.012345.*', 'https://id.gs1.org/01/04012345123456'],
    ['urn:epc:idpat:grai:4012345.99999.*', 'https://id.gs1.org/8003/04012345999990'],
    ['urn:epc:idpat:itip:4012345.012345.01.02.*', 'https://id.gs1.org/8006/040123451234560102'],
    ['https://id.gs1.de/01/04012345999990/21/XYZ-1234', 'https://id.gs1.org/01/04012345999990/21/XYZ-1234'],
    ['https://example.com/some/path/01/09780345418913/10/L1', 'https://id.gs1.org/01/09780345418913/10/L1'],
    [
      'https://example.com/gtin/09780345418913/21/765tz?abc=2',
      'https://id.gs1.org/01/09780345418913/21/765tz',
    ],
    ['https://ean-13.de/gtin/4012345123456/ser/ABC524', 'https://id.gs1.org/01/04012345123456/21/ABC524'],
    [
      'https://id.gs1.org/01/9780345418913/22/344/10/1223/21/765',
      'https://id.gs1.org/01/09780345418913/21/765',
    ],
    ['https://example.co.uk/party/4226350800008', 'https://id.gs1.org/417/4226350800008'],
    ['http://example.org/123/4012345ABC987/456/4711', 'http://example.org/123/4012345ABC987/456/4711'],
    ['urn:gdst:example.org:product:lot:class:x.y', 'urn:gdst:example.org:product:lot:class:x.y'],
    ['geo:47.506694,11.104301', 'geo:47.506694,11.104301'],
  ])('of %s is %s', (text, canonical) => {
    expect(canonicalIdentifier(text)).toBe(canonical);
    expect(identify(text).fault).toBe(undefined);
  });

  it('is its own canonical form', () => {
    const gcp = fc.stringMatching(/^\d{6,12}$/);
    const serial = fc.stringMatching(/^[-0-9A-Za-z._!()*+,:;=']{1,20}$/);
    fc.assert(
      fc.property(gcp, fc.stringMatching(/^\d{7}$/), serial, fc.boolean(), (prefix, item, tail, lot) => {
        const scheme = lot ? 'class:lgtin' : 'id:sgtin';
        const urn = `urn:epc:${scheme}:${prefix}.${item.slice(0, 13 - prefix.length)}.${tail}`;
        const { canonical, fault } = identify(urn);
        expect(fault).toBe(undefined);
        expect(identify(canonical)).toEqual(identify(urn));
        expect(hasCheckDigit(canonical.slice('https://id.gs1.org/01/'.length).slice(0, 14))).toBe(true);
      }),
    );
  });

  it('is found for every text without an exception', () => {
    const start = fc.constantFrom(
      'urn:epc:id:sgtin:',
      'urn:epc:',
      'https://id.gs1.org/01/',
      'https://x.org/414/',
      'urn:',
    );
    fc.assert(
      fc.property(fc.tuple(start, fc.string()), (parts) => {
        expect(typeof canonicalIdentifier(parts.join(''))).toBe('string');
      }),
    );
  });
});

describe('a fault of an identifier', () => {
  it.each([
    ['https://id.gs1.org/01/04012345999991/21/1', 'CHECK_DIGIT', false],
    ['https://shop.example.com/01/04012345999991', 'CHECK_DIGIT', false],
    ['https://id.gs1.org/00/040123451111111111', 'CHECK_DIGIT', false],
    ['https://id.gs1.org/414/4012345000055', 'CHECK_DIGIT', true],
    ['https://id.gs1.org/01/123', 'BAD_IDENTIFIER', false],
    ['urn:epc:id:sgtin:4012345.11111.1', 'BAD_IDENTIFIER', false],
    ['urn:epc:class:lgtin:4012345.012345.', 'BAD_IDENTIFIER', false],
    ['urn:epc:id:sscc:08600031303.0004', 'BAD_IDENTIFIER', true],
    ['no uri', 'BAD_URI', false],
    ['https://example.com/a b', 'BAD_URI', false],
  ])('%s: %s', (text, code, tolerable) => {
    expect(identify(text).fault).toMatchObject({ code, tolerable });
  });

  it('is a changed digit in a GTIN', () => {
    fc.assert(
      fc.property(
        fc.stringMatching(/^\d{13}$/),
        fc.nat(13),
        fc.integer({ min: 1, max: 9 }),
        (digits, at, by) => {
          const gtin = digits + checkDigit(digits);
          const changed = gtin.slice(0, at) + String((Number(gtin[at]) + by) % 10) + gtin.slice(at + 1);
          expect(identify(`https://id.gs1.org/01/${gtin}`).fault).toBe(undefined);
          expect(identify(`https://id.gs1.org/01/${changed}`).fault?.code).toBe('CHECK_DIGIT');
        },
      ),
    );
  });
});

describe('the kind of an identifier', () => {
  it.each([
    ['urn:epc:id:sgtin:4012345.011111.1', 'instance'],
    ['urn:epc:class:lgtin:4012345.011111.1', 'lot'],
    ['urn:epc:idpat:sgtin:4012345.011111.*', 'product'],
    ['urn:epc:id:sscc:4012345.0111111111', 'shipment'],
    ['urn:epc:id:sgln:4012345.00005.0', 'location'],
    ['urn:epc:id:pgln:4012345.00005', 'party'],
    ['urn:gdst:example.org:product:lot:class:a.b', 'lot'],
    ['urn:gdst:example.org:product:class:a', 'product'],
    ['urn:gdst:example.org:party:a', 'party'],
    ['urn:uuid:374d95fc-9457-4a51-bd6a-0bba133845a8', 'other'],
    ['https://www.example.com/x', 'other'],
  ])('%s is %s', (text, kind) => expect(classify(text).kind).toBe(kind));

  it('comes with GTIN, lot, serial number and product', () => {
    expect(classify('https://example.com/01/04012345999990/10/L%2F1/21/S')).toEqual({
      kind: 'instance',
      canonical: 'https://id.gs1.org/01/04012345999990/21/S',
      gtin: '04012345999990',
      lot: 'L%2F1',
      serial: 'S',
      product: 'https://id.gs1.org/01/04012345999990',
    });
  });
});
