import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { documentRecords } from '../../api/events/document-records.ts';
import { parseDocument } from '../../api/events/epcis.ts';
import { writeEpcis } from '../../api/exports/epcis-file.ts';
import { documentOf, objectEvent, sharedFiles, sharedText, transformationEvent } from '../events/support.ts';
import { seen, selectionOf } from './support/selection.ts';

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'lotbook-epcis-'));
});
afterAll(() => rm(dir, { recursive: true }));

const FILES = ['valid', 'chains', 'event-hash'].flatMap((folder) =>
  sharedFiles(folder).map((name) => `${folder}/${name}`),
);

function recordsOf(text: string): { id: string; fields: object }[] {
  const parsed = parseDocument(text);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return documentRecords(parsed).events.map(({ id, fields }) => ({ id, fields }));
}

/** Captured and written again. */
async function writtenAgain(text: string): Promise<string> {
  const path = join(dir, 'out.jsonld');
  const events = recordsOf(text).map(({ id, fields }) => ({ ...seen(fields as never), record: id }));
  const task = { path, at: new Date(0), signal: new AbortController().signal, onProgress: () => undefined };
  await writeEpcis(selectionOf([events.slice(0, 1), events.slice(1)]), task);
  return readFile(path, 'utf8');
}

describe('an EPCIS document that is written', () => {
  it.each(FILES)('of %s is captured as the same records', async (path) => {
    const before = recordsOf(sharedText(path));
    const after = recordsOf(await writtenAgain(sharedText(path)));
    // One whose hash leaves fields out keeps it as its eventID.
    const named = before.map(({ id, fields }, at) => {
      const { eventID } = (after[at]?.fields ?? {}) as { eventID?: string };
      return { id, fields: eventID === id && id.startsWith('ni:') ? { eventID, ...fields } : fields };
    });
    expect(after).toEqual(named);
  });

  it('is captured as the same records, whatever its extensions, decimals and texts are', async () => {
    const decimal = fc.tuple(fc.bigInt(0n, 10n ** 30n), fc.nat(9)).map(([digits, places]) => {
      const text = String(digits).padStart(places + 1, '0');
      return places === 0 ? text : `${text.slice(0, -places)}.${text.slice(-places)}`;
    });
    const extensions = fc.dictionary(
      fc.constantFrom('example:a', 'example:b', 'https://other.example/c', 'cbvmda:lotNumber'),
      fc.oneof(
        fc.string({ unit: 'grapheme' }).filter((text) => !text.includes('\u0000')),
        fc.boolean(),
        fc.array(fc.integer()),
      ),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(decimal, extensions, fc.boolean()), { minLength: 1, maxLength: 5 }),
        async (given) => {
          const events = given.map(([quantity, more, isMade]) => {
            const quantityList = [
              { epcClass: 'urn:epc:class:lgtin:4012345.012345.A1', quantity: `#${quantity}#`, uom: 'KGM' },
            ];
            return isMade
              ? transformationEvent({ outputQuantityList: quantityList, ...more })
              : objectEvent({ epcList: [], quantityList, ...more });
          });
          // Numbers with all of their digits.
          const text = documentOf(events).replaceAll(/"#([\d.]+)#"/g, '$1');
          expect(recordsOf(await writtenAgain(text))).toEqual(recordsOf(text));
        },
      ),
      { numRuns: 50 },
    );
  });
});
