import { BoundedCache } from '../../ledger/bounded-cache.ts';
import type { Fields } from '../../events/fields.ts';
import type { SelectedEvent, Selection } from '../../recall/selection.ts';
import type { FileTask } from '../file-task.ts';
import { zipInto } from '../zip-files.ts';
import { CSV } from './csv.ts';
import { CTE_SHEETS, type CteSheet, type Kde } from './kdes.ts';
import { CORE_FIELDS, type Line, linesOf, localTime, mentioned, valueOf } from './lines.ts';
import { describePlace, shortIdentifier } from './places.ts';
import { type Cell, TableFiles } from './workbook.ts';
import { sheetPath, workbookParts, XLSX } from './xlsx.ts';

type SheetFormat = 'XLSX' | 'CSV';

const ABOUT = 'About';
const MISSING = 'Missing';
const BEFORE = ['Event time'];
const AFTER = ['Logistic units', 'Recorded by', 'Declared wrong', 'Missing', 'Time (UTC)', 'Book', 'Event'];
/** Of which it is known whether they were told of. */
const PLACES_TOLD = 50_000;

/**
 * The electronic sortable spreadsheet of 21 CFR 1.1455(c)(3): a sheet for each Critical Tracking Event, a row for each lot in an event,
 * a column for each Key Data Element; what is missing is marked in its row and listed in a sheet. As CSV, the same tables in an
 * archive. Memory does not grow with the number of rows.
 */
export async function writeSheet(selection: Selection, format: SheetFormat, task: FileTask): Promise<void> {
  const { path, at, signal } = task;
  const files = new TableFiles(format === 'XLSX' ? XLSX : CSV, path);
  try {
    const tally = await writeTables(files, selection, task);
    await writeAbout(files, selection, tally, at);
    const tables = await files.finish();
    const members = tables.map(({ title, path: from }, nr) => ({
      name: format === 'XLSX' ? sheetPath(nr) : `${title}.csv`,
      path: from,
    }));
    const parts = format === 'XLSX' ? workbookParts(tables).map(([name, text]) => ({ name, text })) : [];
    await zipInto(path, [...parts, ...members], { at, signal });
  } finally {
    await files.remove();
  }
}

interface Tally {
  events: number;
  rows: Map<string, number>;
  missing: number;
  withheld: number;
}

async function writeTables(
  files: TableFiles,
  selection: Selection,
  { signal, onProgress }: FileTask,
): Promise<Tally> {
  await files.add({ title: ABOUT, head: ['What', 'Value'] });
  for (const sheet of CTE_SHEETS) {
    await files.add({
      title: sheet.title,
      head: [...BEFORE, ...sheet.kdes.map(({ head }) => head), ...AFTER],
    });
  }
  await files.add({
    title: MISSING,
    head: ['Sheet', 'Row', 'Lot or place', 'Key data element', 'Why', 'Event'],
  });
  const tally: Tally = { events: 0, rows: new Map(), missing: 0, withheld: 0 };
  const told = new BoundedCache<true>(PLACES_TOLD);
  for await (const part of selection.events()) {
    signal.throwIfAborted();
    const records = await recordsOf(part, selection);
    for (const event of part) {
      for (const line of linesOf(event, records)) await writeLine(files, line, { records, tally, told });
    }
    tally.events += part.length;
    onProgress(tally.events);
  }
  return tally;
}

/** What is known of all that the events mention, and of what their lots mention. */
async function recordsOf(
  part: readonly SelectedEvent[],
  { masterData }: Selection,
): Promise<ReadonlyMap<string, Fields>> {
  const ids = mentioned(part.map(({ fields }) => fields));
  const first = await masterData(ids);
  const further = mentioned(first.values()).filter((id) => !first.has(id));
  return new Map([...first, ...(await masterData(further))]);
}

interface Writing {
  records: ReadonlyMap<string, Fields>;
  tally: Tally;
  told: BoundedCache<true>;
}

async function writeLine(files: TableFiles, line: Line, writing: Writing): Promise<void> {
  const { event, thing, links } = line;
  const { tally, records } = writing;
  const sheet = CTE_SHEETS.find(({ cte }) => cte === line.cte) as CteSheet;
  const missing: { kde: Kde; why: string }[] = [];
  const cells = sheet.kdes.map((kde): Cell => {
    const value = valueOf(line, kde.from);
    if (value === null) {
      if (kde.required) missing.push({ kde, why: whyMissing(line, kde) });
      return null;
    }
    if ('text' in value) return kde.from === 'quantity' ? { number: value.text } : value.text;
    return value.places.map((id) => describePlace(id, records.get(id)).text).join(' | ');
  });
  const time = Date.parse(String(event.fields['eventTime']));
  const units = links
    .filter(({ kind }) => kind === 'shipment')
    .map(({ identifier }) => shortIdentifier(identifier));
  const { row, title } = await files.row(sheet.title, [
    localTime(event.fields),
    ...cells,
    units.join(' | ') || null,
    event.organisation,
    declaredWrong(event),
    missing.map(({ kde: { head } }) => head).join('; ') || null,
    Number.isNaN(time) ? null : new Date(time).toISOString(),
    event.book,
    event.record,
  ]);
  tally.rows.set(title, row - 1);
  const lot = thing ? shortIdentifier(thing.identifier) : null;
  for (const { kde, why } of missing) {
    tally.missing += 1;
    if (why !== NOT_RECORDED) tally.withheld += 1;
    await files.row(MISSING, [title, { number: String(row) }, lot, kde.head, why, event.record]);
  }
  await writePlaces(files, line, sheet, writing);
}

/** A place that lacks something is listed once, and not for each row in which it is. */
async function writePlaces(files: TableFiles, line: Line, sheet: CteSheet, writing: Writing): Promise<void> {
  const { records, told, tally } = writing;
  for (const kde of sheet.kdes) {
    const value = valueOf(line, kde.from);
    if (!kde.required || value === null || !('places' in value)) continue;
    for (const id of value.places) {
      if (told.get(id)) continue;
      told.set(id, true);
      const { lacks } = describePlace(id, records.get(id));
      if (lacks.length === 0) continue;
      tally.missing += 1;
      await files.row(MISSING, [
        'all',
        null,
        shortIdentifier(id),
        'Location description',
        lacks.join(', '),
        null,
      ]);
    }
  }
}

const NOT_RECORDED = 'not recorded';
/** Stands for every field that nobody named: open where all is open. */
const ANY_FIELD = '@names';

function whyMissing({ event }: Line, { from }: Kde): string {
  const names = CORE_FIELDS[from] ?? [ANY_FIELD];
  return names.every((name) => event.isOpen(name))
    ? NOT_RECORDED
    : `not shown by ${event.organisation}, or not recorded`;
}

/** An EPCIS error declaration: the event did not happen like this. */
function declaredWrong({ fields }: SelectedEvent): string | null {
  if (
    fields['errorDeclaration.declarationTime'] === undefined &&
    fields['errorDeclaration.reason'] === undefined
  )
    return null;
  return `declared wrong: ${String(fields['errorDeclaration.reason'] ?? 'no reason is given')}`;
}

async function writeAbout(files: TableFiles, selection: Selection, tally: Tally, at: Date): Promise<void> {
  const rows: [string, string][] = [
    ['Made at', at.toISOString()],
    ...selection.about.map(([what, value]): [string, string] => [what, value]),
    ['Events', String(tally.events)],
    ...[...tally.rows].map(([title, count]): [string, string] => [`Rows in ${title}`, String(count)]),
    ['Key data elements that are missing', `${tally.missing}, listed in the sheet ${MISSING}`],
    ['Of these not shown here, or not recorded', String(tally.withheld)],
    ...selection
      .openEnds()
      .map(({ reason, organisation, things }): [string, string] => [
        `The trace ends: ${reason}`,
        `${things} things${organisation === null ? '' : `, ${organisation}`}`,
      ]),
    [
      'Sheets',
      CTE_SHEETS.flatMap(({ title, section }) => (section ? `${title}: 21 CFR ${section}` : [])).join('; '),
    ],
    ['Times', 'as the clock at the place showed them, with their zone; and in UTC'],
    ['Quantities', 'exact decimals, units by UN/ECE Recommendation 20; without a unit: a count, each'],
  ];
  for (const row of rows) await files.row(ABOUT, row);
}
