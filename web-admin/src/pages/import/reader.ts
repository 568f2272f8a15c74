import '../../../../api/exports/page/buffer-everywhere.ts';
import { type ImportFile, readOrRefuse } from '../../../../api/cli/import/read.ts';

export type ReadAnswer = { ok: true; file: ImportFile } | { ok: false; line: string };

/** Reads documents away from the page, by the code of `lotbook import`. */
globalThis.addEventListener(
  'message',
  ({ data: { name, text } }: MessageEvent<{ name: string; text: string }>) => {
    const file = readOrRefuse(name, text);
    const answer: ReadAnswer = typeof file === 'string' ? { ok: false, line: file } : { ok: true, file };
    globalThis.postMessage(answer, { transfer: [] });
  },
);
