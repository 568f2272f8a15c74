import type { DemoNode, DemoNodes } from '../nodes.ts';

/** Who plays what in the recall. */
export interface Cast {
  /** Investigates, and sends the first notice. */
  agency: DemoNode;
  /** Cut the lot. */
  packer: DemoNode;
  /** Its node is down at first. */
  warehouse: DemoNode;
  /** Shows its receipts to its supplier and to the agency, and to nobody else. */
  retailer: DemoNode;
}

export function castOf(nodes: DemoNodes): Cast {
  return {
    agency: nodes.of('foodsafety.example'),
    packer: nodes.of('freshpack.example'),
    warehouse: nodes.of('coldchain.example'),
    retailer: nodes.of('marketfresh.example'),
  };
}
