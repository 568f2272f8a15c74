import fc from 'fast-check';
import { expect, test } from 'vitest';
import { splitLines } from '../../../api/ledger/export/split-lines.ts';
import { verifyExport } from '../../../api/ledger/export/verify.ts';
import { Book, linesOf } from './sample.ts';

/** What somebody may do to a file, and the lines at which that shows: from, to. */
interface Mutation {
  name: string;
  bytes: Buffer;
  from: number;
  to: number;
}

/** The header and the owner's keys. */
const OPENING = 2;

const bytesOf = (lines: readonly string[]) => Buffer.from(lines.map((line) => `${line}\n`).join(''));

function changeByte(lines: readonly string[], at: number, by: number): Mutation {
  const bytes = bytesOf(lines);
  const place = at % bytes.length;
  bytes.writeUInt8(bytes.readUInt8(place) ^ by, place);
  const line = bytes.subarray(0, place).filter((byte) => byte === 10).length + 1;
  // What the opening lines say contradicts another line: that is then the first that is wrong.
  return { name: `byte ${place} by ${by}`, bytes, from: line, to: line <= OPENING ? lines.length : line };
}

function edit(name: string, lines: readonly string[], from: number, to: number): Mutation {
  return { name, bytes: bytesOf(lines), from, to };
}

function remove(lines: readonly string[], at: number): Mutation {
  // That a checkpoint is missing shows at the heads, or at the manifest.
  const to = lines[at]?.startsWith('{"checkpoint"') ? lines.length : at + 1;
  return edit(`without line ${at + 1}`, lines.toSpliced(at, 1), at + 1, to);
}

function repeat(lines: readonly string[], at: number): Mutation {
  return edit(`line ${at + 1} twice`, lines.toSpliced(at, 0, lines[at] ?? ''), at + 2, at + 2);
}

function swap(lines: readonly string[], one: number, other: number): Mutation {
  const swapped = lines.with(one, lines[other] ?? '').with(other, lines[one] ?? '');
  return edit(`lines ${one + 1} and ${other + 1} swapped`, swapped, Math.min(one, other) + 1, lines.length);
}

function cut(lines: readonly string[], length: number): Mutation {
  return edit(`cut after line ${length}`, lines.slice(0, length), length, length + 1);
}

/** Two numbers become one of the mutations of these lines. */
function mutate(lines: readonly string[], kind: number, one: number, other: number): Mutation {
  const at = one % lines.length;
  if (kind === 0) return remove(lines, at);
  if (kind === 1) return repeat(lines, at);
  if (kind === 2) return swap(lines, at, (at + 1 + (other % (lines.length - 1))) % lines.length);
  if (kind === 3) return cut(lines, at);
  return changeByte(lines, one, 1 + (other % 255));
}

async function small(): Promise<string[]> {
  const made = new Book();
  await made.key();
  await made.change('urn:lot:1', { quantity: '1', unit: 'KGM' });
  await made.change('urn:lot:2', { quantity: '2' });
  await made.change('urn:lot:3', { quantity: '3' });
  await made.change('urn:lot:1', { quantity: '4', unit: 'KGM' });
  await made.checkpoint();
  await made.key();
  await made.change('urn:lot:1', { quantity: '5', unit: 'KGM' });
  return linesOf(made, { hides: ({ seq }) => seq === 3 || seq === 4 });
}

const RUNS = 2_000;

test('whatever is changed, left out, repeated, swapped or cut off: it is refused, and the place is named', async () => {
  const lines = await small();
  const whole = await verifyExport(splitLines([bytesOf(lines)]));
  expect(whole.fault).toBeUndefined();
  await fc.assert(
    fc.asyncProperty(fc.nat(9), fc.nat(), fc.nat(), async (kind, one, other) => {
      const { name, bytes, from, to } = mutate(lines, kind, one, other);
      const { ok, fault } = await verifyExport(splitLines([bytes]));
      const line = fault?.line ?? 0;
      const isNamed = line >= from - 1 && line <= to + 1;
      expect({ name, ok, isNamed, fault }).toMatchObject({ ok: false, isNamed: true });
    }),
    { numRuns: RUNS },
  );
}, 600_000);
