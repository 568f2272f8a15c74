import { createHmac } from 'node:crypto';
import { encodeBase64url } from '../identity/base64url.ts';
import { BoundedCache } from './bounded-cache.ts';
import { LotbookError } from '../errors.ts';
import { decodeSlotSalt, fmix32, MAX_SLOTS, MIN_SLOTS, slotOf, wordsOf } from './slots.ts';

const MAX_TRIES = 2 ** 18;

export interface SlotTable {
  /** The salt as it stands in the token: 4 bytes, big-endian, base64url. */
  readonly slotSalt: string;
  readonly slotCount: number;
  /** The slot of each name, in the order in which the names were given. */
  readonly slots: Uint16Array;
}

const tables = new BoundedCache<SlotTable>(512);

/**
 * The smallest table for these names without a collision. The search starts at a place that `slotKey` and the set of
 * names decide: the same set always gets the same salt, and who does not have the key cannot tell a guessed set of
 * names from another by repeating the search. Throws `BAD_INPUT` when there are too many.
 */
export function slotTable(names: readonly string[], fieldCount: number, slotKey: Uint8Array): SlotTable {
  const sorted = [...names].sort();
  const start = createHmac('sha256', slotKey).update(JSON.stringify(sorted)).digest();
  const cacheKey = start.toString('latin1');
  let table = tables.get(cacheKey);
  if (!table) {
    table = search(sorted, fieldCount, start.readUInt32BE(0));
    tables.set(cacheKey, table);
  }
  const salt = decodeSlotSalt(table.slotSalt) as number;
  const { slotSalt, slotCount } = table;
  return { slotSalt, slotCount, slots: Uint16Array.from(names, (name) => slotOf(salt, slotCount, name)) };
}

function search(names: readonly string[], fieldCount: number, start: number): SlotTable {
  let slotCount = MIN_SLOTS;
  while (slotCount < 1.3 * fieldCount || isHopeless(names.length, slotCount)) slotCount *= 2;
  for (; slotCount <= MAX_SLOTS; slotCount *= 2) {
    const salt = findSalt(names, slotCount, start);
    if (salt === undefined) continue;
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(salt);
    const slots = Uint16Array.from(names, (name) => slotOf(salt, slotCount, name));
    return { slotSalt: encodeBase64url(bytes), slotCount, slots };
  }
  throw new LotbookError('BAD_INPUT', `${names.length} names find no place in ${MAX_SLOTS} slots`);
}

function findSalt(names: readonly string[], slotCount: number, start: number): number | undefined {
  const words = names.map(wordsOf);
  const takenAt = new Uint32Array(slotCount);
  for (let attempt = 1; attempt <= MAX_TRIES; attempt++) {
    // Steps of the golden ratio visit all eight words of the hashes.
    const salt = (start + Math.imul(attempt, 0x9e3779b1)) >>> 0;
    if (isFree(words, salt, slotCount - 1, takenAt, attempt)) return salt;
  }
  return undefined;
}

function isFree(
  words: Uint32Array[],
  salt: number,
  mask: number,
  takenAt: Uint32Array,
  attempt: number,
): boolean {
  const word = salt >>> 29;
  for (const hash of words) {
    const slot = fmix32((hash[word] as number) ^ salt) & mask;
    if (takenAt[slot] === attempt) return false;
    takenAt[slot] = attempt;
  }
  return true;
}

/** Whether less than one salt in all tries is to be expected: then the search is not worth its 10 to 50 ms. */
function isHopeless(nameCount: number, slotCount: number): boolean {
  if (slotCount > MAX_SLOTS) return false;
  let expected = MAX_TRIES;
  for (let i = 1; i < nameCount; i++) expected *= Math.max(0, 1 - i / slotCount);
  return expected < 1;
}
