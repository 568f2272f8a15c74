import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sha256 } from '../../../api/identity/sha256.ts';
import { RecordTable } from '../../../api/ledger/export/record-table.ts';

const COVERED = 3_000;

/** Of `count` records, in their order, then of as many others again as `again` says: by the place, which record. */
function placesOf(count: number, again: readonly number[]): number[] {
  return [...Array.from({ length: count }, (_, nr) => nr), ...again.map((nr) => nr % count)];
}

test('the table knows of each record its last version, and that at the end of what is covered, however many there are', () => {
  fc.assert(
    fc.property(fc.nat(2_500), fc.array(fc.nat(), { maxLength: 2_000 }), (more, again) => {
      const table = new RecordTable(COVERED);
      const last = new Map<string, { ver: number; seq: number; hash: string; firstSeq: number }>();
      const within = new Map<string, string>();
      for (const [at, nr] of placesOf(more + 1, again).entries()) {
        const [record, seq] = [`urn:lot:${nr}`, at + 1];
        const before = last.get(record);
        const version = { ver: (before?.ver ?? 0) + 1, seq, hash: sha256(`${record} ${seq}`) };
        table.put(record, version);
        last.set(record, { ...version, firstSeq: before?.firstSeq ?? seq });
        if (seq <= COVERED) within.set(record, version.hash);
      }
      expect(table.size).toBe(last.size);
      const rowOf = (record: string): number => table.find(record) ?? -1;
      for (const [record, state] of last) expect(table.at(rowOf(record))).toEqual(state);
      for (const [record, hash] of within) expect(table.hashWithin(rowOf(record))).toBe(hash);
      expect(table.find('urn:lot:none')).toBeUndefined();
    }),
    { numRuns: 15 },
  );
});
