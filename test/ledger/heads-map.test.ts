import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sha256 } from '../../api/identity/sha256.ts';
import { decodePage, EMPTY, encodePage, keyOf, type Page } from '../../api/ledger/heads/page.ts';
import { proveHeads, verifyHead } from '../../api/ledger/heads/proof.ts';
import { updateHeads } from '../../api/ledger/heads/update.ts';

const digest = (...parts: Uint8Array[]) => createHash('sha256').update(Buffer.concat(parts)).digest();

/** The root as it is defined: by splitting what there is at each bit. */
function rootOf(leaves: { key: Buffer; head: Buffer }[], bit = 0): Buffer {
  const [first] = leaves;
  if (!first) return Buffer.alloc(32);
  if (leaves.length === 1) return digest(Uint8Array.of(2), first.key, first.head);
  const isSet = ({ key }: { key: Buffer }) => ((key.readUInt8(bit >> 3) >> (7 - (bit & 7))) & 1) === 1;
  const left = leaves.filter((leaf) => !isSet(leaf));
  return digest(Uint8Array.of(3), rootOf(left, bit + 1), rootOf(leaves.filter(isSet), bit + 1));
}

class Book {
  readonly pages = new Map<string, Buffer>();
  readonly heads = new Map<string, string>();
  root = EMPTY;
  read = (paths: readonly string[]) =>
    Promise.resolve(
      new Map<string, Page>(
        paths.flatMap((path) => {
          const bytes = this.pages.get(path);
          return bytes ? [[path, decodePage(bytes)] as const] : [];
        }),
      ),
    );

  async set(records: readonly (readonly [record: string, head: string])[]): Promise<number> {
    for (const [record, head] of records) this.heads.set(record, head);
    const leaves = records.map(([record, head]) => ({ key: keyOf(record), head }));
    const { root, pages } = await updateHeads(leaves, this.read);
    this.root = root;
    for (const [path, page] of pages) this.pages.set(path, encodePage(page));
    return pages.size;
  }

  get expected(): string {
    return rootOf(
      [...this.heads].map(([record, head]) => ({
        key: Buffer.from(keyOf(record), 'hex'),
        head: Buffer.from(head, 'base64url'),
      })),
    ).toString('base64url');
  }
}

const record = fc.nat(400).map((nr) => `urn:record:${nr}`);
const change = fc.tuple(
  record,
  fc.nat(9).map((nr) => sha256(`token ${nr}`)),
);

describe('the map of heads', () => {
  test('has the root of its definition, in whatever batches it was filled', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(change, { maxLength: 60 }), { minLength: 1, maxLength: 5 }),
        async (batches) => {
          const book = new Book();
          for (const batch of batches) await book.set(batch);
          expect(book.root).toBe(book.expected);
        },
      ),
      { numRuns: 40 },
    );
  });

  test('proves the head of each record that it has, and that it has no other', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(change, { maxLength: 150 }),
        fc.array(record, { maxLength: 30 }),
        async (changes, asked) => {
          const book = new Book();
          await book.set(changes);
          const records = [...asked, ...book.heads.keys()];
          const proofs = await proveHeads(records, book.read);
          for (const [nr, proof] of proofs.entries()) {
            const name = records[nr] as string;
            expect(verifyHead(book.root, name, proof)).toBe(book.heads.get(name) ?? null);
          }
        },
      ),
      { numRuns: 40 },
    );
  });

  test('proves nothing else: not of another map, another record, or with another digest', async () => {
    const book = new Book();
    await book.set(
      Array.from({ length: 200 }, (_, nr) => [`urn:record:${nr}`, sha256(`token ${nr}`)] as const),
    );
    const [proof, other] = await proveHeads(['urn:record:7', 'urn:record:8'], book.read);
    if (!proof?.leaf || !other) throw new Error('no proof');
    expect(verifyHead(book.root, 'urn:record:7', proof)).toBe(sha256('token 7'));
    expect(verifyHead(book.root, 'urn:record:8', proof)).toBeUndefined();
    expect(verifyHead(sha256('another map'), 'urn:record:7', proof)).toBeUndefined();
    const changed = { ...proof, leaf: { ...proof.leaf, head: sha256('another token') } };
    expect(verifyHead(book.root, 'urn:record:7', changed)).toBeUndefined();
    expect(verifyHead(book.root, 'urn:record:7', { ...proof, leaf: null })).toBeUndefined();
    expect(
      verifyHead(book.root, 'urn:record:7', { ...proof, siblings: proof.siblings.slice(1) }),
    ).toBeUndefined();
    expect(verifyHead(book.root, 'urn:record:7', { ...other, leaf: proof.leaf })).toBeUndefined();
    const short = proof.siblings.with(0, (proof.siblings[0] as string).slice(1));
    expect(verifyHead(book.root, 'urn:record:7', { ...proof, siblings: short })).toBeUndefined();
  });

  test('changes as many pages for one record of ten thousand as its way is long', async () => {
    const book = new Book();
    await book.set(
      Array.from({ length: 10_000 }, (_, nr) => [`urn:record:${nr}`, sha256(`token ${nr}`)] as const),
    );
    expect(await book.set([['urn:record:77', sha256('next')]])).toBeLessThanOrEqual(6);
    expect(book.root).toBe(book.expected);
  });
});
