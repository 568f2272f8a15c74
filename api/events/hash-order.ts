/** Names in canonical order, each with the order of what is inside, or null for a plain value. */
export type Order = readonly (readonly [name: string, inside: Order | null])[];

function names(text: string): Order {
  return text.split(' ').map((name) => [name, null] as const);
}

const EPCS: Order = [['epc', null]];
const QUANTITIES: Order = [['quantityElement', names('epcClass quantity uom')]];

/** The canonical property order of CBV 2.0, section 8.9, table 8-1. */
export const HASH_ORDER: Order = [
  ...names('eventTime eventTimeZoneOffset certificationInfo parentID'),
  ['epcList', EPCS],
  ['inputEPCList', EPCS],
  ['childEPCs', EPCS],
  ['quantityList', QUANTITIES],
  ['childQuantityList', QUANTITIES],
  ['inputQuantityList', QUANTITIES],
  ['outputEPCList', EPCS],
  ['outputQuantityList', QUANTITIES],
  ...names('action transformationID bizStep disposition'),
  ['persistentDisposition', names('set unset')],
  ['readPoint', names('id')],
  ['bizLocation', names('id')],
  [
    'sensorElementList',
    [
      [
        'sensorElement',
        [
          [
            'sensorMetadata',
            names('time startTime endTime deviceID deviceMetadata rawData dataProcessingMethod bizRules'),
          ],
          [
            'sensorReport',
            names(
              'type exception deviceID deviceMetadata rawData dataProcessingMethod time microorganism ' +
                'chemicalSubstance value component stringValue booleanValue hexBinaryValue uriValue minValue maxValue ' +
                'meanValue sDev percRank percValue uom coordinateReferenceSystem',
            ),
          ],
        ],
      ],
    ],
  ],
];
