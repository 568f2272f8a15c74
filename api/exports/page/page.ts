import { config } from 'zod';
import { splitLines } from '../../ledger/export/split-lines.ts';
import { verifyExport } from '../../ledger/export/verify.ts';
import { byId } from './dom.ts';
import { openExport } from './open.ts';
import { Records } from './records.ts';
import { verdict } from './verdict.ts';

// The page's policy lets nobody make code of text.
config({ jitless: true });

const PROGRESS_MS = 100;
let chosen: File | undefined;
let shown = new Records();
/** Of the verification that runs: a later one takes its place. */
let turn = 0;

async function verifyChosen(): Promise<void> {
  if (!chosen) return;
  const mine = (turn += 1);
  const progress = byId('progress');
  const records = new Records();
  const trust = byId<HTMLInputElement>('trust').value.trim();
  let changes = 0;
  let toldAt = 0;
  const tell = (now: number): void => {
    if (mine !== turn || now - toldAt < PROGRESS_MS) return;
    toldAt = now;
    progress.textContent = `${changes.toLocaleString()} changes checked ...`;
  };
  progress.textContent = `Reading ${chosen.name} ...`;
  const bytes = await openExport(chosen);
  const report = await verifyExport(splitLines(bytes), {
    trust: trust === '' ? [] : [trust.replace(/\s+/g, ' ')],
    onChange: (change) => {
      changes += 1;
      records.add(change);
      tell(performance.now());
    },
  });
  if (mine !== turn) return;
  progress.textContent = `${chosen.name}: ${report.lines.toLocaleString()} lines read.`;
  byId('verdict').hidden = false;
  byId('verdict').replaceChildren(...verdict(report));
  shown = records;
  byId<HTMLInputElement>('search').value = '';
  records.show(report.ok);
}

function start(): void {
  verifyChosen().catch((error: unknown) => {
    byId('progress').textContent =
      `The file cannot be read: ${error instanceof Error ? error.message : String(error)}`;
  });
}

const input = byId<HTMLInputElement>('file');
input.addEventListener('change', () => {
  chosen = input.files?.[0];
  start();
});
byId('trust').addEventListener('change', start);
const search = byId<HTMLInputElement>('search');
search.addEventListener('input', () => shown.find(search.value));
const drop = byId('drop');
document.addEventListener('dragover', (event) => {
  event.preventDefault();
  drop.classList.add('over');
});
document.addEventListener('dragleave', () => drop.classList.remove('over'));
document.addEventListener('drop', (event) => {
  event.preventDefault();
  drop.classList.remove('over');
  chosen = event.dataTransfer?.files[0];
  start();
});
