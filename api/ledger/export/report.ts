import { fingerprint, thumbprint } from '../../identity/jwk.ts';
import type { Fault } from './fault.ts';
import type { KeyRing } from './key-ring.ts';
import type { Header } from './lines.ts';

const TITLES = {
  keys: 'Who signs, with which keys',
  signatures: 'Every entry is signed',
  right: 'Who had the right to sign',
  records: 'Every history continues',
  fields: 'Every field is what was signed',
  log: 'The log',
  checkpoints: 'Signed heads of the log',
  history: 'It continues the checkpoint that you kept',
  heads: 'Current versions of the records',
  manifest: 'The file is as it was made',
} as const;

export type CheckName = keyof typeof TITLES;

export function checkOf(name: CheckName, text: string): Check {
  return { name, title: TITLES[name], text };
}

/** One thing that was checked. */
export interface Check {
  readonly name: CheckName;
  /** The same for people. */
  readonly title: string;
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
  /** What the file does not prove although nothing in it is wrong: nobody should take it for granted. */
  readonly unproven: readonly Check[];
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

/** What an export of this kind does not prove. */
export function unprovenBy({ copy, proven, entries, by }: Header): Check[] {
  if (entries === 0) return [];
  const heads =
    'no heads were proven: for all that this file shows, a record can have a later version that is held back, or another history';
  if (copy) {
    const log = `made of the local copy of ${by}, which knows nothing of the entries between: neither that they are there nor that all readers are shown one log is proven`;
    return [checkOf('log', log), checkOf('heads', heads)];
  }
  if (proven === 0) return [checkOf('heads', `${heads}; there was no checkpoint yet that covers them`)];
  // The last entry is the one that states them.
  if (proven + 1 >= entries) return [];
  const behind = `those of the changes behind entry ${proven.toLocaleString('en-US')}: no checkpoint stated them yet`;
  return [checkOf('heads', behind)];
}

export function count(number: number, one: string, many = `${one}s`): string {
  return `${number.toLocaleString('en-US')} ${number === 1 ? one : many}`;
}
