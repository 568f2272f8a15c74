import type { NodePlace } from './range.ts';
import { nodeOf } from './tree.ts';

/**
 * The nodes of a log as they are stored (C2SP tlog-tiles): every eighth level, 256 nodes to a tile. The levels between are
 * worked out from the tile below them, and the last tile of each level grows until it is full. So an entry more writes one
 * tile, and one in 256 writes a second one, however long the log is.
 */
export interface TilePlace {
  readonly level: number;
  readonly nr: number;
}

export interface Tile extends TilePlace {
  /** 32 bytes for each node, at most 256 of them. */
  readonly hashes: Buffer;
}

const HEIGHT = 8;
const WIDTH = 2 ** HEIGHT;
const DIGEST_BYTES = 32;

/** The tile from which a node can be worked out. */
export function tileOf({ level, index }: NodePlace): TilePlace {
  const width = 2 ** (level % HEIGHT);
  return { level: Math.floor(level / HEIGHT), nr: Math.floor((index * width) / WIDTH) };
}

/** A node from its tile; undefined where the tile does not reach as far. */
export function nodeIn(tile: Buffer, { level, index }: NodePlace): string | undefined {
  const width = 2 ** (level % HEIGHT);
  const from = (index * width) % WIDTH;
  if (tile.length < (from + width) * DIGEST_BYTES) return undefined;
  return foldOf(tile, from, width);
}

/** The tiles that grow with the next entries of a log of this length, as far as they have begun already. */
export function growing(size: number): TilePlace[] {
  const places: TilePlace[] = [];
  for (let level = 0, nodes = size; nodes > 0; level += 1, nodes = Math.floor(nodes / WIDTH)) {
    if (nodes % WIDTH > 0) places.push({ level, nr: Math.floor(nodes / WIDTH) });
  }
  return places;
}

/**
 * The tiles that are new or longer once entries were appended.
 *
 * @param size of the log so far
 * @param begun those of `growing(size)`
 * @param leaves of the entries, base64url: as `leafOf` makes them
 */
export function growTiles(size: number, begun: readonly Tile[], leaves: readonly string[]): Tile[] {
  const grown: Tile[] = [];
  let nodes = leaves;
  for (let level = 0, before = size; nodes.length > 0; level += 1, before = Math.floor(before / WIDTH)) {
    const full: string[] = [];
    let nr = Math.floor(before / WIDTH);
    let hashes = begun.find((tile) => tile.level === level)?.hashes ?? Buffer.alloc(0);
    for (let at = 0; at < nodes.length; nr += 1, hashes = Buffer.alloc(0)) {
      const count = Math.min(WIDTH - hashes.length / DIGEST_BYTES, nodes.length - at);
      const more = nodes.slice(at, at + count).map((node) => Buffer.from(node, 'base64url'));
      at += count;
      const tile = { level, nr, hashes: Buffer.concat([hashes, ...more]) };
      grown.push(tile);
      if (tile.hashes.length === WIDTH * DIGEST_BYTES) full.push(foldOf(tile.hashes, 0, WIDTH));
    }
    nodes = full;
  }
  return grown;
}

function foldOf(tile: Buffer, from: number, width: number): string {
  if (width === 1) return tile.toString('base64url', from * DIGEST_BYTES, (from + 1) * DIGEST_BYTES);
  const half = width / 2;
  return nodeOf(foldOf(tile, from, half), foldOf(tile, from + half, half));
}
