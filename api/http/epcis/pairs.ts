import { hasAny, ownValue, wantedValues } from '../../delivery/record-search.ts';
import { expandCurie, STANDARD_PREFIXES } from '../../events/prefixes.ts';
import type { JsonValue } from '../../events/value.ts';
import {
  BIZ_TRANSACTION_TYPE,
  shortName,
  SOURCE_DESTINATION_TYPE,
  type Vocabulary,
} from '../../events/vocabulary.ts';
import type { EventCondition } from './condition.ts';

/** Parameters whose name ends with a type: `EQ_bizTransaction_po`. Type and value are two fields of one list. */
const PAIRS: readonly { prefix: string; type: string; value: string; vocabulary: Vocabulary }[] = [
  {
    prefix: 'EQ_bizTransaction_',
    type: 'bizTransactionList[].type',
    value: 'bizTransactionList[].bizTransaction',
    vocabulary: BIZ_TRANSACTION_TYPE,
  },
  {
    prefix: 'EQ_source_',
    type: 'sourceList[].type',
    value: 'sourceList[].source',
    vocabulary: SOURCE_DESTINATION_TYPE,
  },
  {
    prefix: 'EQ_destination_',
    type: 'destinationList[].type',
    value: 'destinationList[].destination',
    vocabulary: SOURCE_DESTINATION_TYPE,
  },
];

export function conditionOfPair(name: string, values: () => readonly string[]): EventCondition | undefined {
  const pair = PAIRS.find(({ prefix }) => name.startsWith(prefix) && name.length > prefix.length);
  if (!pair) return undefined;
  const types = wantedValues([standardValue(name.slice(pair.prefix.length), pair.vocabulary)]);
  const wanted = wantedValues(values());
  return {
    matches: ({ fields }) => {
      const seenTypes = column(ownValue(fields, pair.type));
      const seenValues = column(ownValue(fields, pair.value));
      return seenValues.some((value, at) => hasAny(value, wanted) && hasAny(seenTypes[at], types));
    },
  };
}

/** A standard value as records have it, `shipping`, from any of its notations; others as they are. */
export function standardValue(value: string, vocabulary: Vocabulary | undefined): string {
  return vocabulary && value.includes(':')
    ? shortName(expandCurie(value, STANDARD_PREFIXES), vocabulary)
    : value;
}

function column(value: JsonValue | undefined): readonly JsonValue[] {
  return Array.isArray(value) ? value : [];
}
