import { fingerprint, thumbprint } from '../../identity/jwk.ts';
import type { Fault } from './fault.ts';
import type { KeyRing } from './key-ring.ts';
import type { Header } from './lines.ts';

/** One thing that was checked. */
export interface Check {
  readonly name: string;
  /** What was found, in words and with numbers. */
  readonly text: string;
}

/** A key on which everything rests that was found: whoever does not pin it has to compare it. */
export interface RootKey {
  readonly organisation: string;
  readonly name: string;
  /** Why it matters. */
  readonly part: 'owner' | 'maker';
  /** RFC 7638 thumbprint, and the same for people to compare. */
  readonly thumbprint: string;
  readonly fingerprint: string;
  /** Whether the reader gave its thumbprint, or that of another key of its log. */
  readonly pinned: boolean;
}

export interface ExportReport {
  readonly ok: boolean;
  /** What is wrong, where `ok` is false: the first that is. */
  readonly fault?: Fault;
  readonly header?: Header;
  /** In the order in which they were made; those after the fault are not in it. */
  readonly checks: readonly Check[];
  readonly roots: readonly RootKey[];
  /** Who signs in the book, with the names that the file gives them. */
  readonly organisations: readonly { readonly id: string; readonly name: string }[];
  /** Lines that were read. */
  readonly lines: number;
}

/** The keys that a reader has to know: the owner's, and the maker's where that is another organisation. */
export function rootKeys(keys: KeyRing, { owner, by }: Header, trust: ReadonlySet<string>): RootKey[] {
  const parts =
    owner === by
      ? ([[owner, 'owner']] as const)
      : ([
          [owner, 'owner'],
          [by, 'maker'],
        ] as const);
  return parts.flatMap(([organisation, part]) => {
    const root = keys.rootOf(organisation);
    if (!root) return [];
    const { name, jwk, all } = root;
    const pinned = all.some((each) => trust.has(thumbprint(each)) || trust.has(fingerprint(each)));
    const key = { thumbprint: thumbprint(jwk), fingerprint: fingerprint(jwk) };
    return [{ organisation, name, part, ...key, pinned }];
  });
}

export function count(number: number, one: string, many = `${one}s`): string {
  return `${number.toLocaleString('en-US')} ${number === 1 ? one : many}`;
}
