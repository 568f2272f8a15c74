import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { parseDocument } from '../../../api/events/epcis.ts';
import { eventRecord } from '../../../api/events/record.ts';
import { localSigner } from '../../../api/identity/signer.ts';
import { generateKey } from '../../support/key.ts';
import { sealAndInsert, type RawRecord } from '../support/raw-insert.ts';
import { serveCalls } from '../support/worker.ts';
import { newDocuments } from './documents.ts';

export interface CaptureLimit {
  url: string;
  from: number;
  documents: number;
  eventsEach: number;
}

const signer = localSigner(generateKey());
let seq = 1;

serveCalls({
  /** Events per second. */
  run: async ({ url, from, documents, eventsEach }: CaptureLimit): Promise<number> => {
    const texts = newDocuments(from, documents, eventsEach);
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    const startedAt = performance.now();
    const events = await sealAndInsert(client, signer, recordsOf(texts), seq);
    const seconds = (performance.now() - startedAt) / 1000;
    seq += events;
    await client.end();
    return events / seconds;
  },
});

/** A batch for each document: parsed, validated and hashed. */
function* recordsOf(texts: readonly string[]): Generator<RawRecord[]> {
  for (const text of texts) {
    const parsed = parseDocument(text);
    if (!parsed.ok) throw new Error(`a document is not valid: ${parsed.problems[0]?.message}`);
    const request = randomUUID();
    yield parsed.events.map((event) => {
      const { id, fields } = eventRecord(event, parsed.ignored);
      const eventTime = new Date(String(fields['eventTime']));
      return { record: id, kind: 'EVENT', fields, request, eventTime };
    });
  }
}
