import { config } from 'zod';
import './buffer-everywhere.ts';
import { splitLines } from '../../ledger/export/split-lines.ts';
import { type ExportReport, verifyExport } from '../../ledger/export/verify.ts';
import { openExport } from './open.ts';

/** What the page asks of the worker, and what it is told. */
export interface VerifyRequest {
  file: File;
  /** Fingerprints or thumbprints of keys that the reader knows; empty for none. */
  trust: readonly string[];
}
export type VerifyAnswer =
  | { kind: 'PROGRESS'; changes: number }
  | { kind: 'REPORT'; report: ExportReport }
  | { kind: 'UNREADABLE'; message: string };

// The page's policy lets nobody make code of text.
config({ jitless: true });

const PROGRESS_MS = 100;
const tell = (answer: VerifyAnswer): void => globalThis.postMessage(answer, { transfer: [] });

async function verify({ file, trust }: VerifyRequest): Promise<void> {
  let changes = 0;
  let toldAt = 0;
  const report = await verifyExport(splitLines(await openExport(file)), {
    trust,
    onChange: () => {
      changes += 1;
      if (performance.now() - toldAt < PROGRESS_MS) return;
      toldAt = performance.now();
      tell({ kind: 'PROGRESS', changes });
    },
  });
  tell({ kind: 'REPORT', report });
}

/** Verifies exports away from the page, which goes on meanwhile. */
globalThis.addEventListener('message', ({ data }: MessageEvent<VerifyRequest>) => {
  verify(data).catch((error: unknown) => {
    tell({ kind: 'UNREADABLE', message: error instanceof Error ? error.message : String(error) });
  });
});
