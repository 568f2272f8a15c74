import { keyOf } from '../heads/page.ts';
import { verifyHead } from '../heads/proof.ts';
import { ExportFault } from './fault.ts';
import type { LineReader } from './line-reader.ts';
import type { RecordTable } from './record-table.ts';

export interface ProvenHeads {
  /** Records whose last shown version is the current one at the checkpoint. */
  current: number;
  /** Records that have a later version, which is not shown. */
  later: number;
}

/**
 * Reads the proofs of heads: one for each record that was shown among the entries that the map covers, in the order of first
 * appearance, so that none can be left out. By it a history has no other branch, and no later version was held back in
 * silence.
 *
 * @param isWhole whether every version is shown
 */
export async function readHeads(
  file: LineReader,
  records: RecordTable,
  map: { root: string; size: number },
  isWhole: boolean,
): Promise<ProvenHeads> {
  const found: ProvenHeads = { current: 0, later: 0 };
  for (let row = 0; row < records.size && records.at(row).firstSeq <= map.size; row += 1) {
    const line = await file.takeIf('head');
    if (!line) throw new ExportFault(file.nr + 1, 'HEAD_MISSING', 'the head of a record is not proven');
    const { nr, record, hash, siblings } = line;
    const wrong = (code: string, message: string) => new ExportFault(nr, code, message);
    if (records.find(record) !== row) throw wrong('HEAD_MISPLACED', `not the place of ${record}`);
    const leaf = { key: keyOf(record), head: hash };
    if (verifyHead(map.root, record, { siblings, leaf }) !== hash)
      throw wrong('BAD_HEAD', `the map of heads does not say this of ${record}`);
    if (hash === records.hashWithin(row)) found.current += 1;
    else if (isWhole) throw wrong('OTHER_HEAD', `another version of ${record} is the current one`);
    else found.later += 1;
  }
  return found;
}
