import { NAMESPACE } from './namespace.ts';

/** The flattened field names that the sharing rules of the season are made of. */

const NS = `{${NAMESPACE}}`;
/** Namespace of the master data of CBV 2.0. */
const MASTER = '{urn:epcglobal:cbv:mda:}';

function own(...names: string[]): string[] {
  return names.map((name) => NS + name);
}

function members(list: string, ...names: string[]): string[] {
  return names.map((name) => `${list}[].${name}`);
}

const TIME_AND_PLACE = [
  'type',
  'eventID',
  'eventTime',
  'eventTimeZoneOffset',
  'action',
  'bizStep',
  'disposition',
  'readPoint.id',
  'bizLocation.id',
];

const QUANTITY = ['epcClass', 'quantity', 'uom'];

const GOODS = [
  'epcList',
  'parentID',
  ...members('quantityList', ...QUANTITY),
  ...members('childQuantityList', ...QUANTITY),
];

const DOCUMENTS = members('bizTransactionList', 'type', 'bizTransaction');
const PARTIES = [
  ...members('sourceList', 'type', 'source'),
  ...members('destinationList', 'type', 'destination'),
];
const CORRECTIONS = [
  'errorDeclaration.declarationTime',
  'errorDeclaration.reason',
  'errorDeclaration.correctiveEventIDs',
];

const TRACEABILITY = own('cte', 'traceabilityLotCode', 'tlcSource', 'productDescription', 'caseCount');

/** What, where, when, with whom, under which documents: what a trading partner needs (21 CFR 1.1340, 1.1345). */
export const MOVEMENT_FIELDS = [
  ...TIME_AND_PLACE,
  ...GOODS,
  ...DOCUMENTS,
  ...PARTIES,
  ...CORRECTIONS,
  ...TRACEABILITY,
];

/** The links from inputs to outputs, without how much of each went in. */
export const RECIPE_LINK_FIELDS = [
  'inputQuantityList[].epcClass',
  ...members('outputQuantityList', ...QUANTITY),
  `ilmd.${MASTER}bestBeforeDate`,
];

/** Inputs with their masses and the waste: for mass balance. */
export const RECIPE_FIELDS = [
  ...members('inputQuantityList', 'quantity', 'uom'),
  ...RECIPE_LINK_FIELDS,
  `ilmd.${MASTER}productionDate`,
  ...own('wasteQuantity', 'wasteUom', 'completionDate'),
];

const TEMPERATURE = [
  ...members('sensorElementList', 'sensorMetadata.time', 'sensorMetadata.deviceID'),
  ...members('sensorElementList[].sensorReport', 'type', 'value', 'uom'),
];

/** Where it grew and when it was cooled; crew and money stay with the grower. */
export const ORIGIN_FIELDS = [
  `ilmd.${MASTER}lotNumber`,
  `ilmd.${MASTER}harvestStartDate`,
  `ilmd.${MASTER}harvestEndDate`,
  `ilmd.${MASTER}countryOfOrigin`,
  ...own('commodity', 'variety', 'fieldName', 'harvestDate').map((name) => `ilmd.${name}`),
  ...own('commodity', 'variety', 'fieldName', 'harvestDate', 'harvesterName', 'packingDate'),
  ...own('coolingDate', 'coolingMethod', 'coolingLocation', 'farmLocation'),
  ...TEMPERATURE,
];

/** What an outbreak investigator needs of a grower. */
export const GROWER_INVESTIGATION_FIELDS = [
  ...MOVEMENT_FIELDS,
  ...ORIGIN_FIELDS,
  ...own('irrigationWaterSource', 'harvesterName').map((name) => `ilmd.${name}`),
];

/** What an outbreak investigator needs of those who mix, pack, store and sell. */
export const TRADE_INVESTIGATION_FIELDS = [
  ...MOVEMENT_FIELDS,
  ...RECIPE_FIELDS,
  ...TEMPERATURE,
  ...own('reason'),
];

/** A way to reach the harvest crew: for a stated purpose only. */
export const CREW_CONTACT_FIELDS = [`ilmd.${NS}harvesterName`, `ilmd.${NS}crewPhone`, `${NS}crewPhone`];

/** A lot without its cost. */
export const LOT_FIELDS = [
  'product',
  'lotNumber',
  'description',
  'quantity',
  'uom',
  'productionDate',
  'bestBeforeDate',
  'countryOfOrigin',
  'producer',
  'source',
];

/** Where and when a harvested lot grew. */
export const HARVESTED_LOT_FIELDS = [
  ...LOT_FIELDS,
  'commodity',
  'variety',
  'fieldName',
  'harvestDate',
  'coolingDate',
  'packagingDate',
];
