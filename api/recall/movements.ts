import { classify } from '../events/identifiers.ts';
import { destinationsOf, placesOf, type TraceEvent } from './trace-event.ts';

/** The place without its extension (GS1 key 254): the dock and the cold store of one location count as one. */
export function siteOf(place: string): string {
  return place.replace(/\/254\/[^/]+$/, '');
}

/**
 * The shipments of a thing that nobody is known to have received: no receipt at or after their time, at a destination
 * that they name. Where they name no place, each receipt answers one shipment.
 */
export function unreceived(shipments: readonly TraceEvent[], receipts: readonly TraceEvent[]): TraceEvent[] {
  const left = new Set(inTime(receipts));
  return inTime(shipments).filter((shipment) => {
    const wanted = destinationsOf(shipment).filter((id) => classify(id).kind === 'location');
    const sites = new Set(wanted.map(siteOf));
    const answers = (receipt: TraceEvent): boolean =>
      (receipt.time ?? 0) >= (shipment.time ?? 0) &&
      (sites.size === 0 || placesOf(receipt).some((place) => sites.has(siteOf(place))));
    const receipt = (sites.size === 0 ? [...left] : receipts).find(answers);
    if (receipt) left.delete(receipt);
    return receipt === undefined;
  });
}

/** By event time, what has none last. */
export function inTime(events: readonly TraceEvent[]): TraceEvent[] {
  return [...events].sort((a, b) => (a.time ?? Infinity) - (b.time ?? Infinity) || 0);
}
