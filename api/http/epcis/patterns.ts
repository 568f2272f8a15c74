import { hasAny, wantedValues } from '../../delivery/record-search.ts';
import { canonicalIdentifier, identify } from '../../events/identifiers.ts';
import type { JsonValue } from '../../events/value.ts';
import { wrong } from './condition.ts';

/** What identifiers are looked for. */
interface Patterns {
  /** The identifiers; null where one of them is a pattern. */
  exact: readonly string[] | null;
  matches(value: JsonValue | undefined): boolean;
}

const PATTERN = /^urn:epc:idpat:(sgtin|lgtin):(\d+\.\d+)\.\*$/;

/**
 * The values of a MATCH_ parameter: identifiers in any notation, and EPC patterns for all items or lots of one product,
 * `urn:epc:idpat:sgtin:4012345.077889.*` (EPC Tag Data Standard, section 8).
 * @throws LotbookError BAD_INPUT for other patterns
 */
export function patternsOf(name: string, given: readonly string[]): Patterns {
  const exact = given.filter((item) => !item.startsWith('urn:epc:idpat:'));
  const prefixes = given
    .filter((item) => item.startsWith('urn:epc:idpat:'))
    .map((item) => prefixOf(name, item));
  const wanted = wantedValues(exact);
  const starts = (value: JsonValue | undefined): boolean => {
    if (Array.isArray(value)) return value.some(starts);
    if (typeof value !== 'string') return false;
    const canonical = canonicalIdentifier(value);
    return prefixes.some((prefix) => canonical.startsWith(prefix));
  };
  return {
    exact: prefixes.length > 0 ? null : exact,
    matches: (value) => hasAny(value, wanted) || (prefixes.length > 0 && starts(value)),
  };
}

/** What the canonical ids of the pattern's items begin with: that of an item 1 without its last character. */
function prefixOf(name: string, pattern: string): string {
  const [, scheme, product] = PATTERN.exec(pattern) ?? [];
  const item = `urn:epc:${scheme === 'lgtin' ? 'class' : 'id'}:${scheme}:${product}.1`;
  const { canonical, fault } = identify(item);
  if (product === undefined || fault) {
    throw wrong(
      name,
      'Patterns are taken for all items or lots of a product: urn:epc:idpat:sgtin:4012345.077889.*',
    );
  }
  return canonical.slice(0, -1);
}
