import { createReadStream } from 'node:fs';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { unflatten } from '../events/fields.ts';
import { eventHash } from '../events/hash.ts';
import { EpcisDocumentWriter } from '../events/to-epcis.ts';
import type { SelectedEvent, Selection } from '../recall/selection.ts';
import type { FileTask } from './file-task.ts';

/**
 * An EPCIS 2.0 document in JSON-LD of the events, a part in memory at a time. Whoever captures it gets the same records with the same
 * event hashes, as far as they are shown.
 */
export async function writeEpcis(
  selection: Selection,
  { path, at, signal, onProgress }: FileTask,
): Promise<void> {
  const body = `${path}.events`;
  const writer = new EpcisDocumentWriter();
  let done = 0;
  try {
    await into(body, async (file) => {
      for await (const part of selection.events()) {
        signal.throwIfAborted();
        await file.writeFile(part.map((event) => writer.event(namedFields(event))).join(''));
        onProgress((done += part.length));
      }
    });
    await into(path, async (file) => {
      await file.writeFile(writer.head(at.toISOString()));
      for await (const chunk of createReadStream(body, { signal })) await file.writeFile(chunk as Buffer);
      await file.writeFile(writer.end);
    });
  } finally {
    await rm(body, { force: true });
  }
}

/**
 * An event without eventID is known by its hash. Where its document said to leave fields out of that, or where fields are not shown,
 * the hash would come out otherwise: there it is given as the eventID.
 */
function namedFields({ record, fields }: SelectedEvent): SelectedEvent['fields'] {
  if (fields['eventID'] !== undefined || !record.startsWith('ni:///sha-256;')) return fields;
  return eventHash(unflatten(fields)) === record ? fields : { eventID: record, ...fields };
}

async function into(path: string, write: (file: FileHandle) => Promise<void>): Promise<void> {
  const file = await open(path, 'w', 0o600);
  try {
    await write(file);
  } finally {
    await file.close();
  }
}
