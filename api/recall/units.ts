import type { Exact } from './exact.ts';

/** What a unit of measure measures, and how much of the first unit of its kind it is: exact by definition. */
interface Unit {
  base: string;
  factor: string;
}

/**
 * The units of UN/ECE Recommendation 20 that trade items are counted, weighed and measured in. Those of the United States
 * and the United Kingdom are exact in SI by law (the pound and the yard of 1959, the US gallon of 231 cubic inches, the
 * imperial gallon of 4.54609 l).
 */
const KINDS: readonly { base: string; units: Readonly<Record<string, string>> }[] = [
  {
    base: 'KGM',
    units: {
      KGM: '1',
      GRM: '0.001',
      MGM: '0.000001',
      MC: '0.000000001',
      CGM: '0.00001',
      DG: '0.0001',
      DJ: '0.01',
      HGM: '0.1',
      DTN: '100',
      TNE: '1000',
      KTN: '1000000',
      LBR: '0.45359237',
      ONZ: '0.028349523125',
      APZ: '0.0311034768',
      GRN: '0.00006479891',
      STI: '6.35029318',
      CWA: '45.359237',
      CWI: '50.80234544',
      STN: '907.18474',
      LTN: '1016.0469088',
    },
  },
  {
    base: 'LTR',
    units: {
      LTR: '1',
      MLT: '0.001',
      CLT: '0.01',
      DLT: '0.1',
      HLT: '100',
      MTQ: '1000',
      DMQ: '1',
      CMQ: '0.001',
      MMQ: '0.000001',
      GLL: '3.785411784',
      QTL: '0.946352946',
      PTL: '0.473176473',
      OZA: '0.0295735295625',
      GLI: '4.54609',
      QTI: '1.1365225',
      PTI: '0.56826125',
      OZI: '0.0284130625',
      BLL: '158.987294928',
      BUA: '35.23907016688',
      BUI: '36.36872',
      INQ: '0.016387064',
      FTQ: '28.316846592',
      YDQ: '764.554857984',
    },
  },
  {
    base: 'MTR',
    units: {
      MTR: '1',
      MMT: '0.001',
      CMT: '0.01',
      DMT: '0.1',
      KMT: '1000',
      INH: '0.0254',
      FOT: '0.3048',
      YRD: '0.9144',
    },
  },
  {
    base: 'MTK',
    units: {
      MTK: '1',
      CMK: '0.0001',
      DMK: '0.01',
      HAR: '10000',
      INK: '0.00064516',
      FTK: '0.09290304',
      YDK: '0.83612736',
    },
  },
  {
    base: 'C62',
    units: { C62: '1', H87: '1', EA: '1', PR: '2', DZN: '12', GRO: '144', CEN: '100', MIL: '1000' },
  },
];

const UNITS: ReadonlyMap<string, Unit> = new Map(
  KINDS.flatMap(({ base, units }) => Object.entries(units).map(([code, factor]) => [code, { base, factor }])),
);

/** A factor that people gave, for what no table can know: what a case of a product weighs. */
export interface GivenFactor {
  /** Canonical; null for all products. */
  product: string | null;
  from: string;
  to: string;
  /** Canonical decimal above 0. */
  factor: string;
}

/** How a quantity came from one unit to another. */
export interface Conversion {
  from: string;
  to: string;
  factor: string;
  source: 'REC20' | 'GIVEN';
}

export interface Converted {
  quantity: Exact;
  /** The unit that all of its kind are converted to; the unit itself where nothing can convert it. */
  unit: string;
  /** None where it was in that unit. */
  conversions: Conversion[];
}

/** A quantity without a unit is a number of pieces (EPCIS 2.0, section 7.3.3.3). */
export const PIECES = 'C62';

/** Into the base unit of its kind; by a given factor for the product first, then by those of Recommendation 20. */
export function toBase(
  quantity: Exact,
  uom: string | undefined,
  product: string | undefined,
  given: readonly GivenFactor[],
): Converted {
  let unit = uom ?? PIECES;
  let amount = quantity;
  const conversions: Conversion[] = [];
  const own = given.find((each) => each.from === unit && each.product !== null && each.product === product);
  const fit = own ?? given.find((each) => each.from === unit && each.product === null);
  if (fit) {
    amount = amount.times(fit.factor);
    conversions.push({ from: unit, to: fit.to, factor: fit.factor, source: 'GIVEN' });
    unit = fit.to;
  }
  const known = UNITS.get(unit);
  if (known && known.base !== unit) {
    amount = amount.times(known.factor);
    conversions.push({ from: unit, to: known.base, factor: known.factor, source: 'REC20' });
    unit = known.base;
  }
  return { quantity: amount, unit, conversions };
}
