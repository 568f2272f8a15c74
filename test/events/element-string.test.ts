import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readIdentifier } from '../../api/events/element-string.ts';
import { checkDigit } from '../../api/events/gs1-keys.ts';

const GS = '\u001d';
const LOT = 'https://id.gs1.org/01/09521141012345/10/A1';
const SSCC = 'https://id.gs1.org/00/095211010000000139';

describe('what people type and scanners read', () => {
  test.each([
    ['(01)09521141012345(10)A1', LOT],
    ['(10) A1 (01) 09521141012345', LOT],
    ['(01)09521141012345(17)261231(10)A1', LOT],
    ['010952114101234510A1', LOT],
    [`]C1010952114101234510A1${GS}15261231`, LOT],
    [`]d2${GS}0109521141012345310300250010A1`, LOT],
    [`]Q30109521141012345${GS}10A1`, LOT],
    ['01095211410123451126010110A1', LOT],
    ['(00)095211010000000139', SSCC],
    [`]C100095211010000000139`, SSCC],
    ['095211010000000139', SSCC],
    ['9521141012345', 'https://id.gs1.org/01/09521141012345'],
    ['(414)9521103000014(254)dock 2', 'https://id.gs1.org/414/9521103000014/254/dock%202'],
    ['(01)09521141012345(10)A/1(2)', 'https://id.gs1.org/01/09521141012345/10/A%2F1%282%29'],
    [' urn:epc:class:lgtin:9521141.001234.A1 ', 'https://id.gs1.org/01/09521141012345/10/A1'],
    ['https://shop.example/01/09521141012345/10/A1?17=261231', LOT],
  ])('%j is read', (text, canonical) => {
    expect(readIdentifier(text).canonical).toBe(canonical);
  });

  test.each([
    'lot A1',
    '',
    '(10)A1',
    '(01)0952114101234',
    '0109521141012345310',
    '9521141012346',
    `0109521141012345${GS}${GS}`,
    '(01)09521141012345 and more (10',
    '991',
  ])('%j is told to be no identifier of a thing', (text) => {
    const { kind, fault } = readIdentifier(text);
    expect(fault ?? (kind === 'product' ? 'lot is lost' : undefined)).toBeDefined();
  });

  test('says that a check digit is wrong', () => {
    expect(readIdentifier('(01)09521141012346(10)A1').fault?.code).toBe('CHECK_DIGIT');
  });

  test('is the same however a lot is written', () => {
    const digits = fc.stringMatching(/^\d{13}$/);
    const lot = fc.stringMatching(/^[A-Za-z0-9!"%&'()*+,\-./:;<=>?_]{1,20}$/);
    fc.assert(
      fc.property(digits, lot, (start, number) => {
        fc.pre(!/\(\d{2,4}\)/.test(number));
        const gtin = start + checkDigit(start);
        const typed = readIdentifier(`(01)${gtin}(10)${number}`);
        expect(typed.fault).toBeUndefined();
        expect(typed).toMatchObject({ kind: 'lot', gtin });
        expect(decodeURIComponent(typed.lot ?? '')).toBe(number);
        expect(readIdentifier(`]C101${gtin}10${number}${GS}15261231`)).toEqual(typed);
      }),
    );
  });
});
