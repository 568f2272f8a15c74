import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { change, chunksOf, readImport } from '../../../api/cli/import/read.ts';
import { season } from '../../../api/demo/season/season.ts';
import { epcisOf, eventOf } from './epcis.ts';

describe('a file becomes update requests', () => {
  test('of at most 100 changes, with keys that follow from the content alone', () => {
    const text = epcisOf(Array.from({ length: 250 }, (_, index) => eventOf(index)));
    const file = readImport('one.json', text);
    expect(file?.chunks.map(({ first, changes }) => [first, changes.length])).toEqual([
      [0, 100],
      [100, 100],
      [200, 50],
    ]);
    expect(readImport('another name.json', text)?.chunks.map(({ key }) => key)).toEqual(
      file?.chunks.map(({ key }) => key),
    );
    expect(readImport('one.json', `${text} `)?.chunks[0]?.key).not.toBe(file?.chunks[0]?.key);
  });

  test('with master data before the events that use it', () => {
    const [{ documents: [first] = [] } = {}] = season(1).organisations;
    const file = readImport('week.json', JSON.stringify(first?.json));
    const kinds = file?.chunks.flatMap(({ changes }) => changes.map(({ kind }) => kind)) ?? [];
    expect(file?.records).toBeGreaterThan(0);
    expect(kinds.slice(0, file?.records)).not.toContain('EVENT');
    expect(new Set(kinds.slice(file?.records))).toEqual(new Set(['EVENT']));
  });

  test('and a file that is not right is refused whole', () => {
    expect(readImport('bad.json', epcisOf([eventOf(0), { type: 'ObjectEvent' }]))).toBeNull();
  });

  test('in their order, where no update changes a record twice', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 300 }), { maxLength: 400 }), (ids) => {
        const changes = ids.map((id) => change('EVENT', `urn:x:${id}`, {}));
        const chunks = chunksOf(changes, 'key');
        expect(chunks.flatMap((chunk) => chunk.changes)).toEqual(changes);
        for (const [index, { key, first, changes: some }] of chunks.entries()) {
          expect(key).toBe(`key:${index}`);
          expect(changes[first]).toBe(some[0]);
          expect(some.length).toBeLessThanOrEqual(100);
          expect(new Set(some.map(({ record }) => record)).size).toBe(some.length);
        }
      }),
    );
  });
});
