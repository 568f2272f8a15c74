import { type ImportFile, type Chunk } from './read.ts';
import type { ChunkAnswer } from './send.ts';

export interface Refusal {
  /** Index of the event in the file; null where it is about master data or the whole chunk. */
  event: number | null;
  /** Id of the master data record. */
  record: string | null;
  field: string | null;
  code: string;
  message: string;
  /** How many events and records of the file were not taken with it. */
  refused: number;
}

interface Count {
  new: number;
  known: number;
  refused: number;
}

export interface FileResult {
  file: string;
  events: Count;
  records: Count;
  refusals: Refusal[];
}

/** Counts what became of files. `length` is the book's before: a change below it was known. */
export function openTally(length: number): {
  begin(file: ImportFile): FileResult;
  add(file: ImportFile, result: FileResult, chunk: Chunk, answer: ChunkAnswer): void;
} {
  // An event that stands in the files twice is new once.
  const seen = new Set<number>();
  return {
    begin: ({ name }) => ({ file: name, events: none(), records: none(), refusals: [] }),
    add: (file, result, chunk, answer) => {
      if (answer.state !== 'APPROVED') result.refusals.push(refusalOf(file, chunk, answer));
      chunk.changes.forEach(({ kind }, index) => {
        const into = kind === 'EVENT' ? result.events : result.records;
        const seq = answer.outcome[index]?.seq;
        if (answer.state !== 'APPROVED' || seq === undefined) into.refused += 1;
        else if (seq <= length || seen.has(seq)) into.known += 1;
        else {
          seen.add(seq);
          into.new += 1;
        }
      });
    },
  };
}

function none(): Count {
  return { new: 0, known: 0, refused: 0 };
}

function refusalOf({ records }: ImportFile, { first, changes }: Chunk, answer: ChunkAnswer): Refusal {
  const { code = answer.state, message = 'the node did not approve it', place } = answer.error ?? {};
  const [, index, field] = /changes\[(\d+)\]\.?(?:fields\.)?(.*)$/s.exec(place ?? '') ?? [];
  const at = index === undefined ? null : first + Number(index);
  const isEvent = at !== null && at >= records;
  return {
    event: isEvent ? at - records : null,
    record: at === null || isEvent ? null : (changes[at - first]?.record ?? null),
    field: field || null,
    code,
    message,
    refused: changes.length,
  };
}

/** `FILE: 120 events: 118 new, 2 known` */
export function summaryLine({ file, events, records }: FileResult): string {
  const parts = [`${file}: ${countLine(events, 'event')}`];
  if (records.new + records.known + records.refused > 0) parts.push(countLine(records, 'master data record'));
  return parts.join('; ');
}

function countLine(count: Count, what: string): string {
  const all = count.new + count.known + count.refused;
  const refused = count.refused > 0 ? `, ${count.refused} refused` : '';
  return `${all} ${what}${all === 1 ? '' : 's'}: ${count.new} new, ${count.known} known${refused}`;
}

/** `FILE: event 17, field bizStep: CONFLICT: ... (100 events and records are not taken)` */
export function refusalLine(file: string, refusal: Refusal): string {
  const { event, record, field, code, message, refused } = refusal;
  const place = [
    ...(event === null ? [] : [`event ${event}`]),
    ...(record === null ? [] : [`record ${record}`]),
    ...(field === null ? [] : [`field ${field}`]),
  ].join(', ');
  const others = refused > 1 ? ` (with it ${refused - 1} more of its update are not taken)` : '';
  return `${file}: ${place === '' ? '' : `${place}: `}${code}: ${message}${others}`;
}
