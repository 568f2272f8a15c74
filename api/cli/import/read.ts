import { checkText } from '../../events/check.ts';
import { type DocumentRecord, documentRecords } from '../../events/document-records.ts';
import { parseDocument } from '../../events/epcis.ts';
import { FoodChainLabError, isFoodChainLab, readFoodChainLab } from '../../events/foodchain-lab.ts';
import type { Fields } from '../../events/fields.ts';
import type { RecordType } from '../../events/record.ts';
import { sha256Bytes } from '../../identity/sha256.ts';

/** What an update request asks for, see `RecordChangeInput` in schema/request.graphql. */
export interface ImportChange {
  kind: RecordType;
  record: string;
  base: null;
  fields: Fields;
}

/** Changes that go in one update request: all or nothing. */
export interface Chunk {
  /** Idempotency key: of the same file the same, so that what was imported is answered and not doubled. */
  key: string;
  /** Index of its first change in the file; master data comes before events. */
  first: number;
  changes: ImportChange[];
}

export interface ImportFile {
  name: string;
  /** Number of master data records. */
  records: number;
  /** Number of events. */
  events: number;
  chunks: Chunk[];
}

const CHANGES_IN_CHUNK = 100;

/** A file as update requests; null where it is refused. `text` is an EPCIS document, or a file of FoodChain-Lab. @throws FoodChainLabError */
export function readImport(name: string, text: string): ImportFile | null {
  const read = recordsIn(text);
  if (!read) return null;
  const { events, masterData } = read;
  return {
    name,
    records: masterData.length,
    events: events.length,
    chunks: chunksOf(
      [...masterData, ...events].map(({ kind, id, fields }) => change(kind, id, fields)),
      `import:${sha256Bytes(text).toString('hex')}`,
    ),
  };
}

function recordsIn(text: string): { events: DocumentRecord[]; masterData: DocumentRecord[] } | null {
  if (isFoodChainLab(text)) return readFoodChainLab(text);
  const parsed = parseDocument(text);
  return parsed.ok ? documentRecords(parsed) : null;
}

/** A file as update requests, or a line that says what is wrong with it. */
export function readOrRefuse(name: string, text: string): ImportFile | string {
  try {
    return readImport(name, text) ?? checkText(name, text).line;
  } catch (error) {
    if (error instanceof FoodChainLabError) return `${name}: ${error.message}`;
    throw error;
  }
}

/** Updates of at most 100 changes, in order. One update changes a record once: a repeated id begins the next one. */
export function chunksOf(changes: readonly ImportChange[], key: string): Chunk[] {
  const chunks: Chunk[] = [];
  let ids = new Set<string>();
  changes.forEach((each, index) => {
    const last = chunks.at(-1);
    if (last && last.changes.length < CHANGES_IN_CHUNK && !ids.has(each.record)) last.changes.push(each);
    else {
      ids = new Set();
      chunks.push({ key: `${key}:${chunks.length}`, first: index, changes: [each] });
    }
    ids.add(each.record);
  });
  return chunks;
}

export function change(kind: RecordType, record: string, fields: Fields): ImportChange {
  return { kind, record, base: null, fields };
}
