import { certificationInfo } from './certification.ts';
import * as rules from './rules.ts';
import type { Rule } from './rules.ts';
import { objectOf, shape, type Shape } from './shape.ts';
import * as vocabulary from './vocabulary.ts';

const place: Rule = objectOf(shape({ 'id!': rules.identifier }));

const quantityList: Rule = rules.listOf(
  objectOf(shape({ 'epcClass!': rules.identifier, quantity: rules.amount, uom: rules.unit }, false)),
);

const identifiers: Rule = rules.listOf(rules.identifier);

const bizTransactionList: Rule = rules.listOf(
  objectOf(
    shape(
      { type: rules.valueOf(vocabulary.BIZ_TRANSACTION_TYPE), 'bizTransaction!': rules.identifier },
      false,
    ),
  ),
);

const sourceOrDestinationType = rules.valueOf(vocabulary.SOURCE_DESTINATION_TYPE);

const dispositions: Rule = rules.listOf(rules.valueOf(vocabulary.DISPOSITION));

const sensorMetadata: Rule = objectOf(
  shape({
    time: rules.dateTime,
    startTime: rules.dateTime,
    endTime: rules.dateTime,
    deviceID: rules.identifier,
    deviceMetadata: rules.uri,
    rawData: rules.uri,
    dataProcessingMethod: rules.uri,
    bizRules: rules.uri,
  }),
);

const sensorReport: Rule = objectOf(
  shape({
    type: rules.valueOf(vocabulary.MEASUREMENT),
    exception: rules.valueOf(vocabulary.SENSOR_ALERT),
    deviceID: rules.identifier,
    deviceMetadata: rules.uri,
    rawData: rules.uri,
    dataProcessingMethod: rules.uri,
    time: rules.dateTime,
    microorganism: rules.uri,
    chemicalSubstance: rules.uri,
    value: rules.decimal,
    component: rules.valueOf(vocabulary.COMPONENT),
    stringValue: rules.text,
    booleanValue: rules.boolean,
    hexBinaryValue: rules.hexBinary,
    uriValue: rules.uri,
    minValue: rules.decimal,
    maxValue: rules.decimal,
    meanValue: rules.decimal,
    sDev: rules.decimal,
    percRank: rules.decimal,
    percValue: rules.decimal,
    uom: rules.text,
    coordinateReferenceSystem: rules.uri,
    // The standard has it in the metadata only; documents with it here are in use.
    bizRules: rules.uri,
  }),
);

const COMMON = {
  'type!': rules.text,
  'eventTime!': rules.dateTime,
  'eventTimeZoneOffset!': rules.offset,
  recordTime: rules.dateTime,
  eventID: rules.uri,
  errorDeclaration: objectOf(
    shape({
      'declarationTime!': rules.dateTime,
      reason: rules.valueOf(vocabulary.ERROR_REASON),
      correctiveEventIDs: rules.listOf(rules.uri),
    }),
  ),
  certificationInfo,
  bizStep: rules.valueOf(vocabulary.BIZ_STEP),
  disposition: rules.valueOf(vocabulary.DISPOSITION),
  persistentDisposition: objectOf(shape({ set: dispositions, unset: dispositions })),
  readPoint: place,
  bizLocation: place,
  bizTransactionList,
  sourceList: rules.listOf(
    objectOf(shape({ 'type!': sourceOrDestinationType, 'source!': rules.identifier }, false)),
  ),
  destinationList: rules.listOf(
    objectOf(shape({ 'type!': sourceOrDestinationType, 'destination!': rules.identifier }, false)),
  ),
  sensorElementList: rules.listOf(
    objectOf(shape({ sensorMetadata, 'sensorReport!': rules.listOf(sensorReport, 1) })),
  ),
} satisfies Record<string, Rule>;

const action: Rule = rules.oneOf('ADD', 'OBSERVE', 'DELETE');

/** Instance and lot master data: every member has a namespace. */
const ilmd: Rule = objectOf(shape({}));

const children = { parentID: rules.identifier, childEPCs: identifiers, childQuantityList: quantityList };

/** The five event types of EPCIS 2.0 (section 7.4) and their fields. */
export const EVENT_SHAPES: ReadonlyMap<string, Shape> = new Map([
  ['ObjectEvent', shape({ ...COMMON, 'action!': action, epcList: identifiers, quantityList, ilmd })],
  ['AggregationEvent', shape({ ...COMMON, 'action!': action, ...children })],
  ['AssociationEvent', shape({ ...COMMON, 'action!': action, ...children })],
  [
    'TransactionEvent',
    shape({ ...COMMON, 'action!': action, parentID: rules.identifier, epcList: identifiers, quantityList }),
  ],
  [
    'TransformationEvent',
    shape({
      ...COMMON,
      inputEPCList: identifiers,
      inputQuantityList: quantityList,
      outputEPCList: identifiers,
      outputQuantityList: quantityList,
      transformationID: rules.identifier,
      ilmd,
    }),
  ],
]);
