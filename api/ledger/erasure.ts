import type { JsonValue } from '../identity/strict-json.ts';

/** The one field of an erased version that others are shown: why its record was erased. */
export const ERASED_FIELD = '@erased';
/** Beside it, for the members alone: record ids of the grants under which a version could be seen, so whom to tell. */
export const SHOWN_FIELD = '@shown';

export interface Erasure {
  readonly reason: string;
  /** Record ids of grants; none in a local copy. */
  readonly shown: readonly string[];
}

type State = Readonly<Record<string, JsonValue>>;

/** The whole state of the version that erases all earlier ones of its record. */
export function erasedState({ reason, shown }: Erasure): Record<string, JsonValue> {
  return { [ERASED_FIELD]: { reason }, [SHOWN_FIELD]: [...shown] };
}

/** Null for the state of a record that is not erased. */
export function erasureOf(state: State | null | undefined): Erasure | null {
  const erased = state && Object.hasOwn(state, ERASED_FIELD) ? state[ERASED_FIELD] : undefined;
  if (typeof erased !== 'object' || erased === null || Array.isArray(erased)) return null;
  const shown = state?.[SHOWN_FIELD];
  return { reason: String(erased['reason'] ?? ''), shown: Array.isArray(shown) ? shown.map(String) : [] };
}

/** The same for a state as JSON text, without reading it. */
export function isErased(state: string | null): boolean {
  return state?.startsWith(`{"${ERASED_FIELD}":`) ?? false;
}
