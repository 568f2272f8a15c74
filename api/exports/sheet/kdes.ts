/** The Critical Tracking Events of 21 CFR 1.1325 to 1.1350, and what is none of them. */
export type Cte =
  | 'HARVESTING'
  | 'COOLING'
  | 'INITIAL_PACKING'
  | 'FIRST_RECEIVING'
  | 'SHIPPING'
  | 'RECEIVING'
  | 'RECEIVING_EXEMPT'
  | 'TRANSFORMATION'
  | 'OTHER';

/** What a Key Data Element is read from, see `valueOf` in lines.ts. */
export type KdeSource =
  | 'tlc'
  | 'tlcSource'
  | 'product'
  | 'commodity'
  | 'species'
  | 'quantity'
  | 'uom'
  | 'here'
  | 'farm'
  | 'field'
  | 'harvester'
  | 'cooledAt'
  | 'harvestDate'
  | 'harvestPlaces'
  | 'coolingDate'
  | 'packingDate'
  | 'landingDate'
  | 'completionDate'
  | 'eventDate'
  | 'recipient'
  | 'source'
  | 'role'
  | 'reference';

/** A column of a sheet. One that is required and not there is listed as missing. */
export interface Kde {
  head: string;
  from: KdeSource;
  required: boolean;
}

export interface CteSheet {
  cte: Cte;
  title: string;
  /** Of 21 CFR; null for what the rule does not ask for. */
  section: string | null;
  kdes: readonly Kde[];
}

const must = (head: string, from: KdeSource): Kde => ({ head, from, required: true });
const may = (head: string, from: KdeSource): Kde => ({ head, from, required: false });

const QUANTITY = [must('Quantity', 'quantity'), must('Unit of measure', 'uom')];
const REFERENCE = must('Reference document type and number', 'reference');
const LOT = must('Traceability lot code', 'tlc');
const PRODUCT = must('Product description', 'product');
const SOURCE = must('Traceability lot code source', 'tlcSource');
const COMMODITY = must('Commodity and variety', 'commodity');
const FIELD = must('Field or container name', 'field');
const FARM = must('Location of the farm', 'farm');

/** One sheet for each Critical Tracking Event, with its Key Data Elements in the order of the rule. */
export const CTE_SHEETS: readonly CteSheet[] = [
  {
    cte: 'HARVESTING',
    title: 'Harvesting',
    section: '1.1325(a)',
    kdes: [
      must('Immediate subsequent recipient', 'recipient'),
      COMMODITY,
      ...QUANTITY,
      FARM,
      FIELD,
      must('Harvest date', 'harvestDate'),
      REFERENCE,
      may('Lot code', 'tlc'),
    ],
  },
  {
    cte: 'COOLING',
    title: 'Cooling',
    section: '1.1325(b)',
    kdes: [
      must('Immediate subsequent recipient', 'recipient'),
      COMMODITY,
      ...QUANTITY,
      must('Location where cooled', 'here'),
      must('Cooling date', 'coolingDate'),
      FARM,
      REFERENCE,
      may('Lot code', 'tlc'),
    ],
  },
  {
    cte: 'INITIAL_PACKING',
    title: 'Initial packing',
    section: '1.1330(a)',
    kdes: [
      LOT,
      COMMODITY,
      PRODUCT,
      ...QUANTITY,
      FARM,
      FIELD,
      must('Harvester', 'harvester'),
      must('Harvest date', 'harvestDate'),
      may('Location of cooling', 'cooledAt'),
      may('Cooling date', 'coolingDate'),
      must('Location where packed', 'here'),
      SOURCE,
      must('Packing date', 'packingDate'),
      REFERENCE,
    ],
  },
  {
    cte: 'FIRST_RECEIVING',
    title: 'First land-based receiving',
    section: '1.1335',
    kdes: [
      LOT,
      must('Species or market name', 'species'),
      ...QUANTITY,
      must('Harvest dates', 'harvestDate'),
      must('Harvest locations', 'harvestPlaces'),
      must('Location of the receiver', 'here'),
      SOURCE,
      must('Landing date', 'landingDate'),
      REFERENCE,
    ],
  },
  {
    cte: 'SHIPPING',
    title: 'Shipping',
    section: '1.1340',
    kdes: [
      LOT,
      ...QUANTITY,
      PRODUCT,
      must('Immediate subsequent recipient', 'recipient'),
      must('Location shipped from', 'here'),
      must('Ship date', 'eventDate'),
      SOURCE,
      REFERENCE,
    ],
  },
  {
    cte: 'RECEIVING',
    title: 'Receiving',
    section: '1.1345(a)',
    kdes: [
      LOT,
      ...QUANTITY,
      PRODUCT,
      must('Immediate previous source', 'source'),
      must('Location where received', 'here'),
      must('Date received', 'eventDate'),
      SOURCE,
      REFERENCE,
    ],
  },
  {
    cte: 'RECEIVING_EXEMPT',
    title: 'Receiving from exempt',
    section: '1.1345(b)',
    kdes: [
      LOT,
      ...QUANTITY,
      PRODUCT,
      must('Immediate previous source', 'source'),
      must('Location where received', 'here'),
      must('Date received', 'eventDate'),
      SOURCE,
      REFERENCE,
    ],
  },
  {
    cte: 'TRANSFORMATION',
    title: 'Transformation',
    section: '1.1350(a)',
    kdes: [
      must('Used or made', 'role'),
      LOT,
      PRODUCT,
      ...QUANTITY,
      must('Location where transformed', 'here'),
      SOURCE,
      must('Date completed', 'completionDate'),
      REFERENCE,
    ],
  },
  {
    cte: 'OTHER',
    title: 'Other events',
    section: null,
    kdes: [
      may('Step', 'role'),
      may('Lot code', 'tlc'),
      may('Product description', 'product'),
      may('Quantity', 'quantity'),
      may('Unit of measure', 'uom'),
      may('Location', 'here'),
      may('Date', 'eventDate'),
      may('Reference document type and number', 'reference'),
    ],
  },
];
