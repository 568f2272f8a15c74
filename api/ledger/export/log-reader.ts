import { peekClaims } from '../../identity/jws.ts';
import { tokenHash } from '../change.ts';
import { LotbookError } from '../../errors.ts';
import { appendRange } from '../range.ts';
import { verifyDecision } from '../statements/decision.ts';
import { verifyHeads } from '../statements/heads.ts';
import { EMPTY_FRONTIER, extendFrontier, type Frontier, rootOf } from '../tree.ts';
import { type ChangeResult, type VerifiedChange, verifyChangeAsync } from '../verify-change.ts';
import { CheckpointReader, type StatedHeads } from './checkpoint-reader.ts';
import { ExportFault } from './fault.ts';
import type { KeyRing } from './key-ring.ts';
import type { LineReader, NumberedLine } from './line-reader.ts';
import type { EntryLine, Header } from './lines.ts';
import { RecordTable } from './record-table.ts';
import type { Right, Signatory } from './right.ts';

/** What was counted on the way. */
export interface LogCounts {
  /** Entries shown, by kind. */
  readonly kinds: Map<string, number>;
  shown: number;
  hidden: number;
  gaps: number;
  /** Opened fields. */
  fields: number;
}

type NumberedEntry = EntryLine & { readonly nr: number };

interface Waiting {
  readonly entry: NumberedEntry;
  readonly by: Signatory;
  readonly result: Promise<ChangeResult>;
}

/** So many signatures are checked side by side, in the thread pool; half of them are awaited at once. */
const SIDE_BY_SIDE = 256;

/** Told of each change that was found to hold, in order. */
export type OnChange = (change: VerifiedChange, entry: EntryLine) => void;

/**
 * Reads the log of an export: every shown entry is signed by who held the right at its place, with the key that was in
 * force there; every change is the next of its record; every disclosure opens its slot; and all of it, with the nodes of
 * what is hidden, gives one Merkle root.
 *
 * It remembers the frontier of the tree, and of each shown record the last version (`RecordTable`): without that, two
 * histories of one record could not be told from one. Nothing else grows with the log.
 */
export class LogReader {
  readonly records: RecordTable;
  readonly checkpoints: CheckpointReader;
  readonly counts: LogCounts = { kinds: new Map(), shown: 0, hidden: 0, gaps: 0, fields: 0 };
  readonly #file: LineReader;
  readonly #header: Header;
  readonly #keys: KeyRing;
  readonly #right: Right;
  readonly #onChange: OnChange | undefined;
  #tree: Frontier = EMPTY_FRONTIER;
  /** The last place that was read. */
  #seq = 0;
  #isCompared = false;
  #waiting: Waiting[] = [];
  /** The gaps since the last root that was compared: only they can be wrong in what remains. */
  #openGaps: { first: number; last: number } | undefined;
  /** The last map of heads that was stated. */
  #heads: StatedHeads | undefined;
  readonly #older: { size: number; root: string } | undefined;

  constructor(given: {
    file: LineReader;
    header: Header;
    keys: KeyRing;
    right: Right;
    onChange?: OnChange | undefined;
    /** A head of the log that the reader knows from before. */
    older?: { size: number; root: string } | undefined;
  }) {
    this.#file = given.file;
    this.#header = given.header;
    this.#keys = given.keys;
    this.#right = given.right;
    this.#onChange = given.onChange;
    this.#older = given.older;
    this.records = new RecordTable(given.header.proven);
    this.checkpoints = new CheckpointReader(given.header.book, given.keys);
  }

  get root(): string {
    return rootOf(this.#tree);
  }

  get seq(): number {
    return this.#seq;
  }

  /** Reads all entries and gaps. @throws ExportFault for the first line that is wrong */
  async readAll(): Promise<void> {
    try {
      for (
        let line = await this.#file.peek();
        line && (await this.#take(line));
        line = await this.#file.peek()
      );
    } catch (error) {
      // What waits came before: if something is wrong with that, it is the first.
      await this.#settle(0);
      throw error;
    }
    await this.#settle(0);
    const { entries } = this.#header;
    if (this.#seq !== entries)
      throw new ExportFault(
        this.#file.nr,
        'LOG_CUT',
        `the log ends at entry ${this.#seq}; the header tells of ${entries}`,
      );
  }

  /** False where the log ends. */
  async #take(line: NumberedLine): Promise<boolean> {
    if (line.kind === 'gap') await this.#takeGap({ ...line.value, nr: line.nr });
    else if (line.kind === 'entry') await this.#takeEntry({ ...line.value, nr: line.nr });
    else if (line.kind === 'checkpoint') await this.#takeCheckpoint(line.value.note, line.nr);
    else return false;
    this.#compareOlder(line.nr);
    return true;
  }

  async #takeCheckpoint(note: string, nr: number): Promise<void> {
    await this.#settle(0);
    const heads = this.#heads;
    const keys = heads ? this.#keysAt(heads.by, this.#seq) : new Map();
    const checkpoint = this.checkpoints.read(nr, note, { seq: this.#seq, heads }, keys);
    if (checkpoint.root !== this.root) throw this.otherRoot(nr);
    if (heads) this.checkpoints.take(nr, checkpoint, heads);
    this.#openGaps = undefined;
    this.#file.take();
  }

  /** Where the reader knows a head of this log from before, the log has to have it. */
  #compareOlder(nr: number): void {
    if (!this.#older || this.#seq < this.#older.size || this.#isCompared) return;
    this.#isCompared = true;
    const { size, root } = this.#older;
    if (this.#seq === size && root === this.root) return;
    throw this.#seq === size
      ? new ExportFault(
          nr,
          'OTHER_HISTORY',
          `the first ${size} entries are not those of the older checkpoint`,
          size,
        )
      : new ExportFault(
          nr,
          'CANNOT_COMPARE',
          `the end of the older checkpoint, entry ${size}, lies within a gap`,
          size,
        );
  }

  async #takeGap({ from, to, nodes, nr }: { from: number; to: number; nodes: string[]; nr: number }) {
    this.#follow(nr, from);
    const { copy, entries } = this.#header;
    if (to < from || to > entries || (copy && nodes.length > 0))
      throw new ExportFault(nr, 'BAD_GAP', `no run of hidden entries: ${from} to ${to}`);
    try {
      if (!copy) this.#tree = appendRange(this.#tree, from, to, nodes);
    } catch (error) {
      if (!(error instanceof LotbookError)) throw error;
      throw new ExportFault(nr, 'BAD_GAP', error.message);
    }
    this.#seq = to;
    this.counts.hidden += to - from + 1;
    this.counts.gaps += 1;
    this.#openGaps = { first: this.#openGaps?.first ?? nr, last: nr };
    this.#file.take();
  }

  async #takeEntry(entry: NumberedEntry): Promise<void> {
    const { nr, seq, kind, token } = entry;
    this.#follow(nr, seq);
    this.#seq = seq;
    if (seq > this.#header.entries)
      throw new ExportFault(nr, 'BEYOND_END', `the header tells of ${this.#header.entries} entries`, seq);
    this.#file.take();
    if (!this.#header.copy) this.#tree = extendFrontier(this.#tree, [tokenHash(token)]);
    if (kind === 'MANDATE' || kind === 'TERM' || kind === 'KEY' || kind === 'HEADS' || kind === 'DECISION') {
      await this.#settle(0);
      this.#takeStatement(entry);
    } else {
      if (this.#waiting.length >= SIDE_BY_SIDE) await this.#settle(SIDE_BY_SIDE / 2);
      this.#begin(entry);
    }
    this.counts.shown += 1;
    this.counts.kinds.set(kind, (this.counts.kinds.get(kind) ?? 0) + 1);
  }

  #follow(nr: number, seq: number): void {
    if (seq === this.#seq + 1) return;
    throw new ExportFault(
      nr,
      'PLACE_SKIPPED',
      `entry ${seq} stands where entry ${this.#seq + 1} has its place`,
      seq,
    );
  }

  #takeStatement({ nr, seq, kind, token, disclosures }: NumberedEntry): void {
    const wrong =
      disclosures.length > 0
        ? { code: 'BAD_DISCLOSURE', detail: 'an entry of this kind has no fields' }
        : this.#statementFault(kind, seq, token);
    if (wrong) throw new ExportFault(nr, wrong.code, `${kind}: ${wrong.detail}`, seq);
  }

  #statementFault(kind: EntryLine['kind'], seq: number, token: string) {
    if (kind === 'MANDATE') return this.#right.takeMandate(token);
    if (kind === 'TERM') return this.#right.takeTerm(token);
    if (kind === 'KEY') return this.#keys.take(token);
    const { organisation, term } = this.#right.now;
    const expected = {
      book: this.#header.book,
      issuer: organisation,
      keys: this.#keysAt(organisation, seq),
    };
    const verified = kind === 'HEADS' ? verifyHeads(token, expected) : verifyDecision(token, expected);
    if (!verified.ok) return this.#explained(organisation, token, seq, verified);
    const { claims } = verified;
    if (claims.seq !== seq || claims.term !== term)
      return { code: 'OTHER_PLACE', detail: 'signed for another place or term' };
    if (!('size' in claims)) return undefined;
    if (claims.size < (this.#heads?.size ?? 0))
      return { code: 'HEADS_SHRUNK', detail: `it covers ${claims.size} entries, after ${this.#heads?.size}` };
    this.#heads = { seq, size: claims.size, root: claims.root, by: organisation };
    return undefined;
  }

  /** Begins to check the signature of a change, in the name of who holds the right here. */
  #begin(entry: NumberedEntry): void {
    const { token, disclosures, seq } = entry;
    const by = this.#signatoryOf(entry);
    const given = {
      token,
      disclosures,
      keys: this.#keysAt(by.organisation, seq),
      expect: { issuer: by.organisation, book: this.#header.book },
    };
    const result = verifyChangeAsync(given);
    this.#waiting.push({ entry, by, result });
  }

  #signatoryOf({ token }: NumberedEntry): Signatory {
    if (!this.#header.copy) return this.#right.now;
    const { term, iss } = peekClaims(token) ?? {};
    const allowed = this.#right.of(typeof term === 'number' ? term : 1);
    return allowed.find(({ organisation }) => organisation === iss) ?? allowed[0] ?? this.#right.now;
  }

  #keysAt(organisation: string, seq: number) {
    const keys = this.#keys.inForce(organisation);
    const [kid] = keys.keys();
    return kid !== undefined && this.#keys.whyNot(organisation, kid, seq) ? new Map() : keys;
  }

  /** Takes in what is found of the oldest that wait, until so many remain; after a fault nothing waits any more. */
  async #settle(remaining: number): Promise<void> {
    const waiting = this.#waiting;
    this.#waiting = [];
    const done = waiting.splice(0, waiting.length - remaining);
    for (const { entry, by, result } of done) this.#takeChange(entry, by, await result);
    this.#waiting = waiting;
  }

  #takeChange(entry: NumberedEntry, by: Signatory, result: ChangeResult): void {
    const { nr, seq, kind, token } = entry;
    if (!result.ok) {
      const { code, detail } = this.#explained(by.organisation, token, seq, result);
      throw new ExportFault(nr, code, detail, seq);
    }
    const { change } = result;
    if (change.seq !== seq || change.kind !== kind)
      throw new ExportFault(nr, 'OTHER_PLACE', `signed as a ${change.kind} for entry ${change.seq}`, seq);
    if (change.term !== by.term)
      throw new ExportFault(nr, 'OTHER_TERM', `signed in term ${change.term}, not in ${by.term}`, seq);
    this.#continue(nr, change);
    this.counts.fields += entry.disclosures.length;
    this.#onChange?.(change, entry);
  }

  /** A change is the next one of its record. Versions that are not shown may lie between; where all are shown, none may. */
  #continue(nr: number, { record, ver, seq, prev, hash }: VerifiedChange): void {
    const row = this.records.find(record);
    const before = row === undefined ? undefined : this.records.at(row);
    const last = before?.ver ?? 0;
    const wrong = (code: string, message: string) => new ExportFault(nr, code, message, seq);
    if (ver <= last) throw wrong('VERSION_REPEATED', `version ${ver} of ${record} after version ${last}`);
    if (ver > last + 1 && this.isWhole)
      throw wrong('VERSION_SKIPPED', `version ${ver} of ${record} after version ${last}`);
    if (before && ver === last + 1 && prev !== before.hash)
      throw wrong('PREVIOUS_MISMATCH', `version ${ver} of ${record} continues another version ${last}`);
    this.records.put(record, { ver, seq, hash });
  }

  /** What is wrong where the root is not the one that is signed in line `nr`. */
  otherRoot(nr: number): ExportFault {
    const { first, last } = this.#openGaps ?? { first: nr, last: nr };
    const gaps = first === last ? `line ${first}` : `lines ${first} to ${last}`;
    const what = this.#openGaps ? `the nodes of what is hidden, ${gaps}, do` : 'the entries do';
    return new ExportFault(first, 'LOG_ROOT', `${what} not give the root of the log that line ${nr} signs`);
  }

  /** Whether every entry is shown. */
  get isWhole(): boolean {
    const { audience, copy, scope } = this.#header;
    return audience === null && !copy && !scope.records && !scope.from && !scope.until;
  }

  /** Where a key is the organisation's, but does not count here, that is what is wrong. */
  #explained(organisation: string, token: string, seq: number, failed: { code: string; detail: string }) {
    if (failed.code !== 'UNKNOWN_KEY') return failed;
    const kid = kidOf(token);
    return (kid === undefined ? undefined : this.#keys.whyNot(organisation, kid, seq)) ?? failed;
  }
}

/** The `kid` that a token names, WITHOUT any check. */
function kidOf(token: string): string | undefined {
  try {
    const header: unknown = JSON.parse(
      Buffer.from(token.split('.', 1)[0] ?? '', 'base64url').toString('utf8'),
    );
    const { kid } = header as { kid?: unknown };
    return typeof kid === 'string' ? kid : undefined;
  } catch {
    return undefined;
  }
}
