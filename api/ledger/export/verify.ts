import { readOlder } from './checkpoint-reader.ts';
import { ExportFault, type Fault } from './fault.ts';
import { readHeads } from './heads-reader.ts';
import { KeyRing } from './key-ring.ts';
import { LineReader, type Lines } from './line-reader.ts';
import type { Header } from './lines.ts';
import { LogReader, type OnChange } from './log-reader.ts';
import { verifyManifest } from './manifest.ts';
import {
  type Check,
  type CheckName,
  checkOf,
  count,
  type ExportReport,
  type RootKey,
  rootKeys,
  unprovenBy,
} from './report.ts';
import { Right } from './right.ts';

export type { Check, ExportReport, Fault, Header, Lines, RootKey };

/** What the reader knows from elsewhere. */
export interface Policy {
  /**
   * Keys that the reader knows to be right: RFC 7638 thumbprints, or fingerprints as people compare them. With any given,
   * one of them has to be the owner's.
   */
  readonly trust?: readonly string[] | undefined;
  /** Thumbprints of the key of the witness: the last checkpoint has to be cosigned with one of them. */
  readonly witness?: readonly string[] | undefined;
  /** The note of a checkpoint that the reader kept from before: this log has to continue that one. */
  readonly olderCheckpoint?: string | undefined;
  /** Told of every change that was found to hold, in order: what it discloses. */
  readonly onChange?: OnChange | undefined;
}

/**
 * Verifies an export, line by line, with nothing but the keys that the reader trusts, no clock and no network. It stops at the
 * first line that is wrong. Never rejects for what is in the file.
 *
 * What it remembers is bounded by the number of records that are shown (about 70 bytes each), not by the number of changes.
 */
export async function verifyExport(lines: Lines, policy: Policy = {}): Promise<ExportReport> {
  const file = new LineReader(lines);
  const checks: Check[] = [];
  const found: { header?: Header; roots: RootKey[]; keys?: KeyRing } = { roots: [] };
  const told = () => {
    const { header, roots, keys } = found;
    const unproven = header ? unprovenBy(header) : [];
    return { ...(header && { header }), unproven, roots, organisations: keys?.names ?? [] };
  };
  const passed = (name: CheckName, text: string) => void checks.push(checkOf(name, text));
  try {
    const header = await readHeader(file);
    found.header = header;
    const keys = (found.keys = await readKeys(file, header));
    found.roots = checkRoots(file, keys, header, policy);
    passed(
      'keys',
      `${count(keys.organisations.length, 'organisation')} with ${count(keyCount(keys), 'key')}`,
    );
    const keysOf = (id: string) => (header.copy ? keys.all(id) : keys.inForce(id));
    const right = new Right(header.book, header.owner, keys, keysOf);
    await readStatements(file, right);
    const opening = file.root;
    const older = olderOf(file, keys, header, policy);
    const log = new LogReader({ file, header, keys, right, onChange: policy.onChange, older });
    await log.readAll();
    for (const [name, text] of logChecks(log, right, header)) passed(name, text);
    for (const [name, text] of checkpointChecks(file, log, right, policy, older)) passed(name, text);
    if (header.proven > 0) passed('heads', await provenHeads(file, log, header));
    const length = await readManifest(file, { header, opening, keys, log });
    passed(
      'manifest',
      `${count(length, 'line')}, signed by ${header.by}; nothing is missing, changed or added`,
    );
    return { ok: true, ...told(), checks, lines: file.nr };
  } catch (fault) {
    if (!(fault instanceof ExportFault)) throw fault;
    const { line, seq, code, message } = fault;
    return { ok: false, fault: { line, seq, code, message }, ...told(), checks, lines: file.nr };
  }
}

async function readHeader(file: LineReader): Promise<Header> {
  const header = await file.takeIf('header');
  if (header) return header;
  throw new ExportFault(1, 'NO_HEADER', 'the file does not begin with the header of an export');
}

async function readKeys(file: LineReader, { book }: Header): Promise<KeyRing> {
  const keys = new KeyRing(book);
  for (let line = await file.takeIf('keys'); line; line = await file.takeIf('keys')) {
    const wrong = keys.add(line);
    if (wrong)
      throw new ExportFault(line.nr, wrong.code, `the keys of ${line.organisation}: ${wrong.detail}`);
  }
  return keys;
}

/** The owner's key is there, and one that the reader trusts, where it named any; so is the maker's. */
function checkRoots(file: LineReader, keys: KeyRing, header: Header, { trust = [] }: Policy): RootKey[] {
  const roots = rootKeys(keys, header, new Set(trust));
  for (const organisation of [header.owner, header.by]) {
    if (roots.some((root) => root.organisation === organisation)) continue;
    throw new ExportFault(file.nr, 'NO_KEY', `the file has no key of ${organisation}`);
  }
  const owner = roots.find(({ part }) => part === 'owner');
  if (trust.length > 0 && !owner?.pinned)
    throw new ExportFault(
      file.nr,
      'NOT_TRUSTED',
      `the key of ${header.owner} is none of those that you trust`,
    );
  return roots;
}

function keyCount(keys: KeyRing): number {
  return keys.organisations.reduce((sum, each) => sum + keys.all(each).size, 0);
}

/** In an export of a copy, mandates and terms stand before the log. */
async function readStatements(file: LineReader, right: Right): Promise<void> {
  for (let line = await file.takeIf('statement'); line; line = await file.takeIf('statement')) {
    const wrong = line.kind === 'MANDATE' ? right.takeMandate(line.token) : right.takeTerm(line.token);
    if (wrong) throw new ExportFault(line.nr, wrong.code, `${line.kind}: ${wrong.detail}`);
  }
}

function logChecks(
  { counts, records, root, seq, isWhole }: LogReader,
  right: Right,
  { copy }: Header,
): [CheckName, string][] {
  const { kinds, shown, hidden, gaps, fields } = counts;
  const listed = (numbers: ReadonlyMap<string, number>) =>
    [...numbers].map(([name, number]) => `${number.toLocaleString('en-US')} ${name}`).join(', ');
  const without =
    hidden === 0 ? 'none hidden' : `of which ${count(hidden, 'is', 'are')} hidden in ${count(gaps, 'gap')}`;
  const reasons = right.terms === 0 ? '' : `: ${listed(right.reasons)}`;
  return [
    [
      'signatures',
      `${count(shown, 'entry', 'entries')} signed by who held the right there (${listed(kinds) || 'none'})`,
    ],
    [
      'right',
      `${count(right.mandates, 'mandate')} and ${count(right.terms, 'term')} say who that was${reasons}`,
    ],
    [
      'records',
      `${count(records.size, 'record')}, each version continues the one before${isWhole ? '; none is left out' : ''}`,
    ],
    ['fields', `${count(fields, 'field')} opened, each at the one place that its name has`],
    ['log', `${count(seq, 'entry', 'entries')}, ${without}${copy ? '' : `; root ${root}`}`],
  ];
}

/** The older checkpoint that the reader gave, if any. */
function olderOf(file: LineReader, keys: KeyRing, { book, entries, copy }: Header, policy: Policy) {
  if (policy.olderCheckpoint === undefined) return undefined;
  const older = readOlder(policy.olderCheckpoint, book, keys);
  const wrong = (code: string, message: string) => new ExportFault(file.nr, code, message);
  if (!older)
    throw wrong('BAD_OLDER', 'the older checkpoint is not one of this book, signed by one of these keys');
  if (copy) throw wrong('CANNOT_COMPARE', 'a local copy does not know the whole log');
  if (older.size > entries)
    throw wrong('LOG_SHORTER', `the log has ${entries} entries; the older checkpoint covers ${older.size}`);
  return older;
}

function checkpointChecks(
  file: LineReader,
  { checkpoints }: LogReader,
  right: Right,
  { witness }: Policy,
  older: { size: number } | undefined,
): [CheckName, string][] {
  if (witness && !checkpoints.isWitnessed(right, new Set(witness)))
    throw new ExportFault(
      file.nr,
      'NOT_WITNESSED',
      'the last checkpoint is not cosigned by the witness that you trust',
    );
  const by = [...checkpoints.cosigned].map(
    ([name, number]) => `${number.toLocaleString('en-US')} cosigned by ${name}`,
  );
  const { last } = checkpoints;
  const cosigners = last && checkpoints.cosignersOf(last.checkpoint);
  const covers = last
    ? `; the last covers ${count(last.checkpoint.size, 'entry', 'entries')}, cosigned by ${cosigners?.join(', ') || 'nobody whose key is here'}`
    : '';
  const unknown =
    checkpoints.unknown > 0 ? [`${checkpoints.unknown} cosignatures of others not looked at`] : [];
  const text = [`${count(checkpoints.count, 'checkpoint')} of this log${covers}`, ...by, ...unknown].join(
    '; ',
  );
  const compared = `continues the older checkpoint of ${older?.size.toLocaleString('en-US')} entries`;
  return [['checkpoints', text], ...(older ? [['history', compared] as [CheckName, string]] : [])];
}

async function provenHeads(file: LineReader, log: LogReader, { proven }: Header): Promise<string> {
  const map = log.checkpoints.last?.heads;
  if (map?.size !== proven)
    throw new ExportFault(
      file.nr,
      'OTHER_HEADS',
      `the header tells of the heads of ${proven} entries, the last checkpoint here of those of ${map?.size ?? 0}`,
    );
  const { current, later } = await readHeads(file, log.records, map, log.isWhole);
  const hidden = later === 0 ? '' : `; ${count(later, 'record')} with a later version that is not shown`;
  return `${count(current, 'record')} shown as they were at entry ${proven.toLocaleString('en-US')}${hidden}`;
}

/** The last line: signed by the maker, over all lines before. @returns how many those are */
async function readManifest(
  file: LineReader,
  given: { header: Header; opening: string; keys: KeyRing; log: LogReader },
): Promise<number> {
  const { header, opening, keys, log } = given;
  const { nr: lines, root } = file;
  const line = await file.peek();
  if (line?.kind !== 'manifest')
    throw new ExportFault(
      lines + (line ? 1 : 0),
      'NO_MANIFEST',
      line ? `no ${line.kind} has its place here` : 'the end of the file is cut off',
    );
  const { book, by: issuer, audience } = header;
  const wrong = (code: string, message: string) => new ExportFault(line.nr, code, message);
  const verified = verifyManifest(line.value, { book, issuer, keys: keys.last(issuer) });
  if (!verified.ok) throw wrong(verified.code, `manifest: ${verified.detail}`);
  const { claims } = verified;
  if (claims.opening !== opening || claims.audience !== audience)
    throw new ExportFault(1, 'OTHER_OPENING', 'the lines before the log are not those that were signed');
  if (claims.lines !== lines)
    throw wrong('LINE_COUNT', `${claims.lines} lines were signed, ${lines} are here`);
  if (claims.log === null ? !header.copy : claims.log.length !== log.seq || claims.log.root !== log.root)
    throw log.otherRoot(line.nr);
  if (claims.root !== root) throw wrong('LINES_ROOT', 'a line is not the one that was signed');
  file.take();
  if (await file.peek()) throw new ExportFault(line.nr + 1, 'AFTER_END', 'nothing stands after the manifest');
  return lines;
}
