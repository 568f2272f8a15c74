import { randomUUID } from 'node:crypto';
import type { JsonValue } from '../../../api/events/value.ts';
import { BOOK } from '../support/node.ts';

const PRODUCT = 'https://id.gs1.org/01/09521234543213';

export interface Lot {
  record: string;
  fields: Record<string, JsonValue>;
}

/** Lots that nobody has recorded yet, with 12 fields each. */
export function newLots(count: number): Lot[] {
  const run = randomUUID().slice(0, 8).toUpperCase();
  return Array.from({ length: count }, (_, at) => {
    const lotNumber = `${run}-${at}`;
    return {
      record: `${PRODUCT}/10/${lotNumber}`,
      fields: {
        product: PRODUCT,
        lotNumber,
        description: `Baby spinach, washed, field ${at % 40}`,
        commodity: 'Spinach',
        variety: 'Space',
        species: 'Spinacia oleracea',
        quantity: `${540 + (at % 100)}.5`,
        uom: 'KGM',
        status: 'RELEASED',
        harvestDate: '2025-10-06',
        coolingDate: '2025-10-06',
        bestBeforeDate: '2025-10-20',
      },
    };
  });
}

const REQUEST_UPDATES = `mutation ($updates: [UpdateInput!]!) {
  requestUpdates(updates: $updates) {
    requests { id state error { code message place } outcome { record version seq } }
  }
}`;

/** Bodies of GraphQL calls, each with so many updates of one new lot. */
export function callsFor(lots: readonly Lot[], perCall: number): string[] {
  const bodies: string[] = [];
  for (let at = 0; at < lots.length; at += perCall) {
    const updates = lots.slice(at, at + perCall).map(({ record, fields }) => ({
      book: BOOK,
      key: randomUUID(),
      changes: [{ record, kind: 'LOT', base: 0, fields }],
    }));
    bodies.push(JSON.stringify({ query: REQUEST_UPDATES, variables: { updates } }));
  }
  return bodies;
}
