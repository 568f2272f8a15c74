import '../../../../api/exports/page/buffer-everywhere.ts';
import { type ImportFile, readImport } from '../../../../api/cli/import/read.ts';
import { checkText } from '../../../../api/events/check.ts';

export type ReadAnswer = { ok: true; file: ImportFile } | { ok: false; line: string };

/** Reads EPCIS documents away from the page, by the code of `lotbook import` and `lotbook check`. */
globalThis.addEventListener(
  'message',
  ({ data: { name, text } }: MessageEvent<{ name: string; text: string }>) => {
    const file = readImport(name, text);
    const answer: ReadAnswer = file ? { ok: true, file } : { ok: false, line: checkText(name, text).line };
    globalThis.postMessage(answer, { transfer: [] });
  },
);
