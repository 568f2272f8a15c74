import type { Signer } from '../../identity/signer.ts';
import { sha256 } from '../../identity/sha256.ts';
import { LotbookError } from '../../errors.ts';
import {
  appendLeaves,
  EMPTY_FRONTIER,
  extendFrontier,
  type Frontier,
  leafOf,
  nodeOf,
  rootOf,
} from '../tree.ts';
import { tokenHash } from '../change.ts';
import { FirstPlaces } from './first-places.ts';
import {
  type EntryLine,
  type Header,
  type ExportedKind,
  isRecord,
  type KeysLine,
  type LineKind,
  type LineOf,
  writeLine,
} from './lines.ts';
import { signManifest } from './manifest.ts';

/** What a writer has to know of an entry: where the version before it of the same record stands; null of a first one. */
interface Place {
  readonly seq: number;
  readonly kind: ExportedKind;
  readonly before: number | null;
}

/**
 * Writes the lines of one export, in order. It remembers two frontiers, the run of hidden entries that is open, and two bits
 * for each entry of which heads are proven. Each method answers the lines to write now.
 */
export class ExportWriter {
  readonly #header: Header;
  #opening = '';
  #log: Frontier = EMPTY_FRONTIER;
  #lines: Frontier = EMPTY_FRONTIER;
  #seq = 0;
  #gap: OpenGap | undefined;
  readonly #records: FirstPlaces;

  constructor(header: Header) {
    this.#header = header;
    this.#records = new FirstPlaces(header.proven);
  }

  /** Entries that went by. */
  get seq(): number {
    return this.#seq;
  }

  begin(keys: readonly KeysLine[], statements: readonly LineOf<'statement'>[] = []): string[] {
    const lines = [
      this.#line('header', this.#header),
      ...keys.map((each) => this.#line('keys', each)),
      ...statements.map((each) => this.#line('statement', each)),
    ];
    this.#opening = rootOf(this.#lines);
    return lines;
  }

  /** The places at which shown records first appear, as far as their heads are proven: the next `most` behind a place. */
  firstPlaces(after: number, most: number): number[] {
    return this.#records.behind(after, most);
  }

  /** An entry that is shown. In an export of a copy places before it may have been passed over. */
  entry(entry: EntryLine & Place): string[] {
    const { before, ...line } = entry;
    const lines = this.#passOver(entry.seq);
    if (isRecord(entry.kind)) this.#records.take(entry.seq, { before, isShown: true });
    this.#follow(entry.seq, leafOf(tokenHash(entry.token)));
    return [...lines, ...this.#closeGap(), this.#line('entry', line)];
  }

  /** An entry that is not shown. */
  hidden({ seq, kind, before }: Place, hash: string): void {
    const leaf = leafOf(hash);
    if (isRecord(kind)) this.#records.take(seq, { before, isShown: false });
    this.#follow(seq, leaf);
    this.#gap ??= { from: seq, to: seq, nodes: [] };
    this.#gap.to = seq;
    pushNode(this.#gap.nodes, seq - 1, leaf);
  }

  /** The checkpoint of the entries so far. */
  checkpoint(note: string): string[] {
    return [...this.#closeGap(), this.#line('checkpoint', { note })];
  }

  /** Ends the log. */
  endLog(): string[] {
    return [...this.#passOver(this.#header.entries + 1), ...this.#closeGap()];
  }

  head(head: LineOf<'head'>): string {
    return this.#line('head', head);
  }

  /** The manifest over all lines before. @param atMs milliseconds since 1970 */
  async end(signer: Signer, atMs: number): Promise<string> {
    const { book, by, audience, copy, entries } = this.#header;
    if (this.#seq !== entries)
      throw new LotbookError('INTERNAL', `the export has ${this.#seq} entries of ${entries}`);
    const manifest = {
      iss: by,
      book,
      audience,
      iat: atMs / 1000,
      opening: this.#opening,
      lines: this.#lines.length,
      root: rootOf(this.#lines),
      log: copy ? null : { length: this.#log.length, root: rootOf(this.#log) },
    };
    return writeLine('manifest', await signManifest(manifest, signer));
  }

  #line<K extends LineKind>(kind: K, value: LineOf<K>): string {
    const line = writeLine(kind, value);
    this.#lines = extendFrontier(this.#lines, [sha256(line)]);
    return line;
  }

  #follow(seq: number, leaf: string): void {
    if (seq !== this.#seq + 1) throw new LotbookError('INTERNAL', `entry ${seq} follows entry ${this.#seq}`);
    this.#seq = seq;
    if (!this.#header.copy) this.#log = appendLeaves(this.#log, [leaf]);
  }

  /** In a copy: the places before `seq` that it knows nothing of. */
  #passOver(seq: number): string[] {
    if (!this.#header.copy || seq <= this.#seq + 1) return [];
    const [from, to] = [this.#seq + 1, seq - 1];
    this.#seq = to;
    return [this.#line('gap', { from, to, nodes: [] })];
  }

  #closeGap(): string[] {
    if (!this.#gap) return [];
    const { from, to, nodes } = this.#gap;
    this.#gap = undefined;
    return [this.#line('gap', { from, to, nodes: nodes.map(({ root }) => root) })];
  }
}

interface OpenGap {
  from: number;
  to: number;
  nodes: { level: number; root: string }[];
}

/** Two neighbours under one node become that node: what remains are the subtrees of `rangePlaces`. */
function pushNode(nodes: OpenGap['nodes'], index: number, leaf: string): void {
  let root = leaf;
  let level = 0;
  for (let at = index; at % 2 === 1 && nodes.at(-1)?.level === level; at = (at - 1) / 2) {
    root = nodeOf(nodes.pop()?.root ?? '', root);
    level += 1;
  }
  nodes.push({ level, root });
}
