import type { JsonValue } from '../identity/strict-json.ts';
import { readChange } from './change.ts';
import { canonicalJson, NAMES_FIELD } from './field-value.ts';
import { disclosureDigest } from './disclosure.ts';
import { disclosureFor, slotKeystream } from './keystream.ts';
import { namesOpening } from './layout.ts';
import { LotbookError } from '../errors.ts';
import { decodeSlotSalt, slotOf } from './slots.ts';

/** A stored token with what is needed to open it: the state of that same version and the record's key. */
export interface SealedChange {
  readonly token: string;
  readonly recordKey: Uint8Array;
  readonly state: Readonly<Record<string, JsonValue>>;
}

export interface Disclosures {
  readonly disclosures: string[];
  /** Names that the token does not commit to, not even as unset. */
  readonly missing: string[];
}

/** The disclosures of the chosen names (`@names` is one of them), in their order. Throws when state or key are not the token's. */
export function disclose(change: SealedChange, names: Iterable<string>): Disclosures {
  return opener(change)(names);
}

/**
 * As `disclose`, for several audiences of one token: the token is read once, and each name is computed once.
 */
export function opener({ token, recordKey, state }: SealedChange): (names: Iterable<string>) => Disclosures {
  const claims = readChange(token);
  const slotCount = claims.fields.length;
  const salt = decodeSlotSalt(claims.slot_salt) as number;
  const keystream = slotKeystream(recordKey, claims.jti, slotCount);
  const opened = new Map<string, string | undefined>();

  const open = (name: string): string | undefined => {
    const slot = slotOf(salt, slotCount, name);
    const disclosure = disclosureFor(keystream, slot, openingOf(state, name));
    if (disclosureDigest(disclosure) === claims.fields[slot]?.['...']) return disclosure;
    if (name !== NAMES_FIELD && !isSet(state, name)) return undefined;
    throw new LotbookError(
      'INTERNAL',
      `state or key do not belong to the token: field "${name}", version ${claims.ver}`,
    );
  };

  return (names) => {
    const disclosures: string[] = [];
    const missing: string[] = [];
    for (const name of new Set(names)) {
      if (!opened.has(name)) opened.set(name, open(name));
      const disclosure = opened.get(name);
      if (disclosure === undefined) missing.push(name);
      else disclosures.push(disclosure);
    }
    return { disclosures, missing };
  };
}

function openingOf(state: Readonly<Record<string, JsonValue>>, name: string): string {
  if (name === NAMES_FIELD) return namesOpening(Object.keys(state).filter((key) => state[key] !== null));
  const value = isSet(state, name) ? canonicalJson(state[name] as JsonValue, name) : 'null';
  return `[${JSON.stringify(name)},${value}]`;
}

function isSet(state: Readonly<Record<string, JsonValue>>, name: string): boolean {
  return Object.hasOwn(state, name) && state[name] !== null;
}
