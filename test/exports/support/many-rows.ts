import type { SelectedEvent } from '../../../api/recall/selection.ts';
import { writeSheet } from '../../../api/exports/sheet/write.ts';
import { seen, selectionOf } from './selection.ts';

const PART = 100;

/** Ships a lot of its own in each event. */
function* parts(rows: number): Generator<SelectedEvent[], void> {
  for (let first = 0; first < rows; first += PART) {
    yield Array.from({ length: PART }, (_, at) => shipment(first + at));
  }
}

function shipment(number: number): SelectedEvent {
  return seen({
    eventID: `urn:x:event:${number}`,
    type: 'ObjectEvent',
    action: 'OBSERVE',
    bizStep: 'shipping',
    eventTime: new Date(1_790_000_000_000 + number * 60_000).toISOString(),
    eventTimeZoneOffset: '-07:00',
    'quantityList[].epcClass': [`https://id.gs1.org/01/09521141012345/10/L${number}`],
    'quantityList[].quantity': [`${number}.125`],
    'quantityList[].uom': ['KGM'],
    'bizLocation.id': 'https://id.gs1.org/414/9521321000018',
    'bizTransactionList[].type': ['po'],
    'bizTransactionList[].bizTransaction': [`urn:x:order:${number}`],
  });
}

const [path = '', rows = '0'] = process.argv.slice(2);
const task = { path, at: new Date(0), signal: new AbortController().signal, onProgress: () => undefined };
await writeSheet(selectionOf(parts(Number(rows))), 'XLSX', task);
