import { digestOf, EMPTY_PAGE, isLeaf, summary, type HeadLeaf, type Page, type Place } from './page.ts';

/** The pages at these paths; one that is not there is left out. */
export type ReadPages = (paths: readonly string[]) => Promise<ReadonlyMap<string, Page>>;

export interface HeadsUpdate {
  readonly root: string;
  /** The pages that are new or changed, by path. */
  readonly pages: ReadonlyMap<string, Page>;
}

/**
 * Sets the heads of records, the last of each where one comes more than once. Reads and changes the pages on their ways
 * alone: about log16 of the number of records for each, fewer where they share them, in as many rounds of reading.
 */
export async function updateHeads(leaves: Iterable<HeadLeaf>, readPages: ReadPages): Promise<HeadsUpdate> {
  const pages = new Map<string, Place[]>();
  let work = new Map<string, HeadLeaf[]>([
    ['', [...new Map([...leaves].map((leaf) => [leaf.key, leaf])).values()]],
  ]);
  while (work.size > 0) {
    const stored = await readPages([...work.keys()]);
    const below = new Map<string, HeadLeaf[]>();
    for (const [path, those] of work) {
      const page = [...(stored.get(path) ?? EMPTY_PAGE)];
      pages.set(path, page);
      for (const leaf of those) put(page, path, leaf, below);
    }
    work = below;
  }
  // The longest paths first: a page's node stands in the page above it.
  for (const path of [...pages.keys()].sort((a, b) => b.length - a.length)) {
    if (path === '') continue;
    const above = pages.get(path.slice(0, -1)) as Place[];
    above[placeOf(path, path.length - 1)] = { node: digestOf(summary(pages.get(path) as Page)) };
  }
  return { root: digestOf(summary(pages.get('') as Page)), pages };
}

/** Puts a leaf into its place of a page, or among those that go into the page below that place. */
function put(page: Place[], path: string, leaf: HeadLeaf, below: Map<string, HeadLeaf[]>): void {
  const nr = placeOf(leaf.key, path.length);
  const there = page[nr] ?? null;
  if (there === null || (isLeaf(there) && there.key === leaf.key)) {
    page[nr] = leaf;
    return;
  }
  const child = path + leaf.key.charAt(path.length);
  const those = below.get(child) ?? [];
  if (isLeaf(there)) {
    those.push(there);
    page[nr] = { node: '' };
  }
  those.push(leaf);
  below.set(child, those);
}

export function placeOf(key: string, depth: number): number {
  return Number.parseInt(key.charAt(depth), 16);
}
