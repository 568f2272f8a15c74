import { unflatten, type Fields } from '../events/fields.ts';
import { eventHash } from '../events/hash.ts';
import type { KnownRecords } from './update.ts';

/** A captured event as a record: by its eventID, as long as no other event has that. */
export interface CapturedEvent {
  id: string;
  /** True where the record of this id must be looked up first. */
  isUnknown: boolean;
}

/**
 * Which record a captured event is. Its eventID names it; EPCIS lets only an error declaration repeat an eventID (EPCIS 2.0
 * section 7.4.1), and a declaration has the event hash of the event that it declares wrong (CBV 2.0 section 8.9). Documents
 * in which different events carry one eventID are in use all the same: the first that comes keeps it, each other one is
 * known by its event hash. `taken` are the states of events that come before it in the same update.
 */
export function identifyCaptured(
  { id, fields }: { id: string; fields: Readonly<Fields> },
  known: KnownRecords,
  taken: ReadonlyMap<string, Readonly<Fields>>,
): CapturedEvent {
  const stored = known.get(id);
  const inUpdate = taken.get(id);
  const holders = [
    ...(inUpdate ? [inUpdate] : []),
    ...(stored?.kind === 'EVENT' ? [stored.first, stored.state] : []),
  ];
  if (holders.length === 0) return { id, isUnknown: false };
  const hash = hashOf(fields);
  // Also as it was captured first: a field of it may have been corrected since.
  if (hash === id || holders.some((holder) => hashOf(holder) === hash)) return { id, isUnknown: false };
  if (taken.has(hash) || known.get(hash)) return { id: hash, isUnknown: false };
  if (known.get(hash) === undefined) return { id: hash, isUnknown: true };
  return { id: isDeclaration(fields) ? id : hash, isUnknown: false };
}

/** Whether the event, known already, is now declared wrong, or declared wrong in another way. */
export function declaresAnew(known: Readonly<Fields>, captured: Readonly<Fields>): boolean {
  return isDeclaration(captured) && declarationOf(captured) !== declarationOf(known);
}

function isDeclaration(fields: Readonly<Fields>): boolean {
  return Object.keys(fields).some((name) => name.startsWith('errorDeclaration.'));
}

function declarationOf(fields: Readonly<Fields>): string {
  const names = Object.keys(fields).filter((name) => name.startsWith('errorDeclaration.'));
  return JSON.stringify(names.sort().map((name) => [name, fields[name]]));
}

function hashOf(fields: Readonly<Fields>): string {
  return eventHash(unflatten(fields));
}
