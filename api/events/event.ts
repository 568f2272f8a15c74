import { EVENT_SHAPES } from './event-shapes.ts';
import { nearest } from './nearest.ts';
import { below } from './path.ts';
import type { Scope } from './rules.ts';
import { checkObject } from './shape.ts';
import { isObject, type JsonObject } from './value.ts';

/**
 * Checks one event against EPCIS 2.0 section 7.4 and gives its normal form: standard values by their CBV short names, decimals
 * as canonical strings, extensions in Clark notation, without its `@context`. undefined where it is no event at all;
 * whether it is a good one tells `scope.problems`.
 */
export function checkEvent(value: unknown, path: string, scope: Scope): JsonObject | undefined {
  if (!isObject(value)) {
    scope.problems.add(path, 'WRONG_TYPE', 'give an event as an object');
    return undefined;
  }
  const type = value['type'];
  if (type === undefined || type === null) {
    scope.problems.add(below(path, 'type'), 'MISSING_FIELD', 'give the type of the event');
    return undefined;
  }
  const form = typeof type === 'string' ? EVENT_SHAPES.get(type) : undefined;
  if (form === undefined) {
    const hint = nearest(String(type), EVENT_SHAPES.keys());
    const message = `give one of the five event types of EPCIS 2.0${hint || ', such as ObjectEvent'}`;
    scope.problems.add(
      below(path, 'type'),
      typeof type === 'string' ? 'UNKNOWN_VALUE' : 'WRONG_TYPE',
      message,
    );
    return undefined;
  }
  const event = checkObject(value, form, path, scope);
  if (event !== undefined) WHAT_CHECKS[type as EventType](value, path, scope);
  return event;
}

type EventType =
  'ObjectEvent' | 'AggregationEvent' | 'AssociationEvent' | 'TransactionEvent' | 'TransformationEvent';

/** What each type must name, beyond what its shape says. They look at the event as given, so that one fault is told once. */
const WHAT_CHECKS: Record<EventType, (event: Record<string, unknown>, path: string, scope: Scope) => void> = {
  ObjectEvent: (event, path, scope) => {
    checkNoIlmd(event, path, scope);
    if (isFilled(event, 'epcList') || isFilled(event, 'quantityList')) return;
    const senses = isFilled(event, 'sensorElementList');
    if (senses && (isObject(event['readPoint']) || Array.isArray(event['epcList']))) return;
    missing(scope, path, 'epcList', 'give epcList or quantityList, or sensorElementList with readPoint');
  },
  AggregationEvent: (event, path, scope) => {
    if (event['action'] !== 'OBSERVE') checkPresent(event, 'parentID', path, scope);
    checkChildren(event, path, scope);
  },
  AssociationEvent: (event, path, scope) => {
    checkPresent(event, 'parentID', path, scope);
    checkChildren(event, path, scope);
  },
  TransactionEvent: (event, path, scope) => {
    if (!isFilled(event, 'bizTransactionList') && !isWrong(event['bizTransactionList'])) {
      missing(scope, path, 'bizTransactionList', 'give at least one business transaction');
    }
    if (isFilled(event, 'epcList') || isFilled(event, 'quantityList') || event['action'] === 'DELETE') return;
    if (Array.isArray(event['epcList']) && isFilled(event, 'sensorElementList')) return;
    missing(scope, path, 'epcList', 'give epcList or quantityList');
  },
  TransformationEvent: (event, path, scope) => {
    const inputs = isFilled(event, 'inputEPCList') || isFilled(event, 'inputQuantityList');
    const outputs = isFilled(event, 'outputEPCList') || isFilled(event, 'outputQuantityList');
    const split = event['transformationID'] !== undefined && event['transformationID'] !== null;
    if (split && (inputs || outputs)) return;
    if (!inputs)
      missing(scope, path, 'inputQuantityList', 'give the inputs: inputEPCList or inputQuantityList');
    if (!outputs && !split) {
      missing(scope, path, 'outputQuantityList', 'give the outputs: outputEPCList or outputQuantityList');
    }
  },
};

function checkNoIlmd(event: Record<string, unknown>, path: string, scope: Scope): void {
  const action = event['action'];
  if (event['ilmd'] === undefined || event['ilmd'] === null) return;
  if (action !== 'OBSERVE' && action !== 'DELETE') return;
  scope.problems.add(below(path, 'ilmd'), 'NOT_ALLOWED', 'give ilmd only in an event with action ADD');
}

function checkChildren(event: Record<string, unknown>, path: string, scope: Scope): void {
  if (isFilled(event, 'childEPCs') || isFilled(event, 'childQuantityList') || event['action'] === 'DELETE')
    return;
  missing(scope, path, 'childEPCs', 'give childEPCs or childQuantityList');
}

function checkPresent(event: Record<string, unknown>, name: string, path: string, scope: Scope): void {
  if (event[name] === undefined || event[name] === null) missing(scope, path, name, `give ${name}`);
}

/** True for an array with elements, and for a value of the wrong type, which has been told already. */
function isFilled(event: Record<string, unknown>, name: string): boolean {
  const value = event[name];
  return Array.isArray(value) ? value.length > 0 : isWrong(value);
}

function isWrong(value: unknown): boolean {
  return value !== undefined && value !== null && !Array.isArray(value);
}

function missing(scope: Scope, path: string, name: string, message: string): void {
  scope.problems.add(below(path, name), 'MISSING_FIELD', message);
}
