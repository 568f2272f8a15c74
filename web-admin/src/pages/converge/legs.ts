import { isPlace } from '../../components/identifier-form.tsx';
import type { ConvergeInput } from '../../operations/generated/documents.ts';

/** A point where cases were, and what was sold or eaten there. */
export interface Leg {
  name: string;
  cases: number;
  /** Identifiers of lots, pallets or places. */
  starts: readonly string[];
}

/** `leg=3 Mission%20Street https://id.gs1.org/...`: no identifier has a space in it. */
export function legsOf(params: URLSearchParams): Leg[] {
  return params.getAll('leg').flatMap((text) => {
    const [cases = '', name = '', ...starts] = text.split(' ');
    const count = Number(cases);
    return Number.isInteger(count) && count > 0 ? [{ name: decoded(name), cases: count, starts }] : [];
  });
}

export function paramsOf(legs: readonly Leg[]): URLSearchParams {
  return new URLSearchParams(
    legs.map(({ name, cases, starts }) => ['leg', [cases, encodeURIComponent(name), ...starts].join(' ')]),
  );
}

export function inputOf(legs: readonly Leg[]): ConvergeInput {
  return {
    legs: legs
      .filter(({ starts }) => starts.length > 0)
      .map(({ name, cases, starts }) => ({
        name,
        cases,
        starts: starts.map((id) => (isPlace(id) ? { place: id } : { thing: id })),
      })),
  };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
