import { type Named, shortOf } from '../../components/names.ts';
import type { Chain, Lot } from './chain.ts';
import type { Graph, GraphNode } from './graph-of.ts';
import { layoutOf, type Point } from './layout.ts';
import type { Question } from './question.ts';
import { amountText, reasonWord } from './words.ts';

/** How identifiers are called on the page. */
export interface Naming {
  names: ReadonlyMap<string, Named>;
  organisation: (id: string) => string;
}

/** A node with its words and its place, ready to be painted. */
export interface SceneNode extends GraphNode, Point {
  title: string;
  subtitle: string;
  /** Words at the dashed lines to the left and to the right. */
  openBack: string;
  openForward: string;
}

export interface Scene {
  nodes: ReadonlyMap<string, SceneNode>;
  edges: Graph['edges'];
  bounds: { left: number; top: number; right: number; bottom: number };
}

export const BOX = { width: 188, height: 36 };
/** Of what is around a node: its dashed line with the reason. */
export const STUB = 26;
/** It leaves the box above the lines that lead on. */
export const STUB_RISE = 11;

export function sceneOf(graph: Graph, chain: Chain, grouping: Question['grouping'], naming: Naming): Scene {
  const points = layoutOf(graph);
  const nodes = new Map<string, SceneNode>();
  const bounds = { left: 0, top: 0, right: 0, bottom: 0 };
  for (const node of graph.nodes) {
    const { x, y } = points.get(node.id) ?? { x: 0, y: 0 };
    const [title, subtitle] = wordsOf(node, chain, grouping, naming);
    const [openBack, openForward] = [node.back, node.forward].map((ends) =>
      [...new Set(ends.map(reasonWord))].join(', '),
    );
    nodes.set(node.id, {
      ...node,
      x,
      y,
      title,
      subtitle,
      openBack: openBack ?? '',
      openForward: openForward ?? '',
    });
    bounds.left = Math.min(bounds.left, x - BOX.width);
    bounds.right = Math.max(bounds.right, x + BOX.width);
    bounds.top = Math.min(bounds.top, y - BOX.height);
    bounds.bottom = Math.max(bounds.bottom, y + BOX.height);
  }
  return { nodes, edges: graph.edges, bounds };
}

function wordsOf(
  { id, kind, lots, mixed }: GraphNode,
  chain: Chain,
  grouping: Question['grouping'],
  { names, organisation }: Naming,
): [string, string] {
  if (kind === 'MIXING') return [String(mixed), `${mixed} lots are mixed`];
  const lot = chain.lots.get(id);
  if (lot) return [titleOf(lot), subtitleOf(lot, names)];
  const count = `${lots.length} ${lots.length === 1 ? 'lot' : 'lots'}${mixed > 1 ? `, ${mixed} mixed` : ''}`;
  if (id === '') return ['not told', count];
  const name = grouping === 'organisation' ? organisation(id) : (names.get(id)?.name ?? shortOf(id));
  return [name, lots.length === 0 ? (names.get(id)?.town ?? 'passed through') : count];
}

export function titleOf({ id, kind }: Pick<Lot, 'id' | 'kind'>): string {
  return kind === 'shipment' ? `pallet ${shortOf(id)}` : shortOf(id);
}

export function subtitleOf({ product, quantity, uom }: Lot, names: ReadonlyMap<string, Named>): string {
  const name = product === null ? undefined : (names.get(product)?.name ?? shortOf(product));
  return [name, amountText(quantity, uom)].filter(Boolean).join(', ');
}
