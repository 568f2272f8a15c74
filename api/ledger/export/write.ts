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
import {
  type EntryLine,
  type Header,
  isRecord,
  type KeysLine,
  type LineKind,
  type LineOf,
  writeLine,
} from './lines.ts';
import { signManifest } from './manifest.ts';
import { RecordTable } from './record-table.ts';

/**
 * Writes the lines of one export, in order. It remembers two frontiers and the run of hidden entries that is open: its
 * memory does not grow with the log. Each method answers the lines to write now.
 */
export class ExportWriter {
  readonly #header: Header;
  #opening = '';
  #log: Frontier = EMPTY_FRONTIER;
  #lines: Frontier = EMPTY_FRONTIER;
  #seq = 0;
  #gap: OpenGap | undefined;
  /** The records that were shown, of which heads are proven. */
  readonly #records = new RecordTable();

  constructor(header: Header) {
    this.#header = header;
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

  /** The places at which shown records first appear, in order, as far as their heads are proven: some of them, from `row` on. */
  firstPlaces(row: number, count: number): number[] {
    const places: number[] = [];
    for (let at = row; at < Math.min(row + count, this.#records.size); at += 1) {
      places.push(this.#records.at(at).firstSeq);
    }
    return places;
  }

  /** An entry that is shown. In an export of a copy places before it may have been passed over. */
  entry(entry: EntryLine & { readonly record: string }): string[] {
    const { record, ...line } = entry;
    const lines = this.#passOver(entry.seq);
    // Nothing but where it first appears matters here.
    if (isRecord(entry.kind) && entry.seq <= this.#header.proven)
      this.#records.put(record, { ver: 0, seq: entry.seq, hash: '' });
    this.#follow(entry.seq, leafOf(tokenHash(entry.token)));
    return [...lines, ...this.#closeGap(), this.#line('entry', line)];
  }

  /** An entry that is not shown. */
  hidden(seq: number, hash: string): void {
    const leaf = leafOf(hash);
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
