import { writeExport } from '../cli/export.ts';
import { verifyFile } from '../cli/verify.ts';
import { readConfig } from '../config.ts';
import { bookId } from './load.ts';
import type { DemoNodes } from './nodes.ts';
import type { Screen } from './screen.ts';
import { finding, type Finding } from './verify.ts';

const OWNER = 'freshpack.example';

/** The book whose node died, in a file that anybody can check, years later, without asking anybody. */
export async function tellExport(screen: Screen, nodes: DemoNodes, file: string): Promise<Finding> {
  const owner = nodes.of(OWNER);
  const { dir, port, season, fingerprint } = owner;
  const book = bookId(owner, 'plant');
  const { entries } = await writeExport(owner, readConfig({}, { dir, port }), file, { book });
  screen.say(
    `An auditor of ${season.name} takes the whole of ${book} away: ${entries.toLocaleString('en-US')} entries of its log, with ` +
      `who had the right to sign each of them. With nothing but that file and ${owner.short}'s fingerprint anybody can check it:`,
  );
  const { checks, fault } = await verifyFile(file, { trust: [fingerprint] });
  screen.show([
    `lotbook verify ${file}`,
    ...checks.map(({ name, text }) => `ok  ${name.padEnd(11)} ${text}`),
  ]);
  const faults = fault ? [`line ${fault.line}: ${fault.message} (${fault.code})`] : [];
  return finding(`the export ${file} verifies, from the fingerprint of ${season.name} alone`, faults);
}
