import type { Client } from 'urql';
import type { ImportFile } from '../../../../api/cli/import/read.ts';
import type { FileResult } from '../../../../api/cli/import/tally.ts';
import { RequestUpdatesDocument } from '../../operations/generated/documents.ts';
import type { ReadAnswer } from './reader.ts';

/** What became of one file. */
export type Imported =
  | { state: 'READING'; name: string }
  | { state: 'UNREADABLE'; name: string; why: string }
  | { state: 'SENDING' | 'DONE'; name: string; done: number; all: number; result: FileResult; why?: string };

/** A file as update requests, or why it is refused; nothing of it is sent before all of it is read. */
export function readFile(name: string, text: string): Promise<ReadAnswer> {
  const worker = new Worker(new URL('./reader.ts', import.meta.url), { type: 'module' });
  return new Promise<ReadAnswer>((resolve, reject) => {
    worker.addEventListener('message', ({ data }: MessageEvent<ReadAnswer>) => resolve(data));
    worker.addEventListener('error', () => reject(new Error('the browser cannot read the file')));
    worker.postMessage({ name, text }, []);
  }).finally(() => worker.terminate());
}

/**
 * Sends a file in its parts, one after the other, each all or nothing. The keys come from what is in the file, so that the same
 * file again goes on where it was and doubles nothing.
 */
export async function sendFile(
  client: Client,
  book: { id: string; length: number },
  file: ImportFile,
  tell: (imported: Imported) => void,
): Promise<void> {
  const { openTally } = await import('../../../../api/cli/import/tally.ts');
  const tally = openTally(book.length);
  const result = tally.begin(file);
  const all = file.records + file.events;
  let done = 0;
  for (const chunk of file.chunks) {
    const { key, changes } = chunk;
    const { data, error } = await client.mutation(RequestUpdatesDocument, {
      updates: [{ book: book.id, key, changes }],
    });
    const [answer] = data?.requestUpdates.requests ?? [];
    if (!answer) {
      const why = error?.graphQLErrors[0]?.message ?? 'The node does not answer.';
      return tell({ state: 'DONE', name: file.name, done, all, result, why });
    }
    tally.add(file, result, chunk, answer);
    done += changes.length;
    tell({ state: 'SENDING', name: file.name, done, all, result });
  }
  tell({ state: 'DONE', name: file.name, done, all, result });
}
