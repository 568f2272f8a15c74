import { sleep } from '../../support/nodes.ts';
import type { Network } from '../failover/network.ts';

interface Sample {
  /** Of the process. */
  residentBytes: number;
  heapBytes: number;
}

export interface MemoryOf {
  organisation: string;
  /** Of the whole process, at the end, MiB. */
  residentMiB: number;
  /** The least heap that was in use in the second quarter of the time, and in the last, MiB: what collections leave. */
  earlyMiB: number;
  lateMiB: number;
}

export interface Memory {
  /** Of the nodes that were never started anew. */
  finish(): MemoryOf[];
}

const EVERY_MS = 2_000;
const MIB = 1024 * 1024;

/** Reads the metrics of nodes all the time. A node that does not answer just then is asked the next time. */
export function watchMemory(network: Network, organisations: readonly string[]): Memory {
  const samples = new Map(organisations.map((organisation) => [organisation, [] as Sample[]]));
  const state = { isOver: false };
  const sample = async (organisation: string): Promise<void> => {
    const node = network.node(organisation);
    const headers = { authorization: `Bearer ${await node.token()}` };
    const text = await (await fetch(`${node.url}/metrics`, { headers })).text();
    const valueOf = (name: string): number => Number(new RegExp(`^${name} (\\S+)`, 'm').exec(text)?.[1]);
    samples.get(organisation)?.push({
      residentBytes: valueOf('process_resident_memory_bytes'),
      heapBytes: valueOf('nodejs_heap_size_used_bytes') + valueOf('nodejs_external_memory_bytes'),
    });
  };
  const run = async (): Promise<void> => {
    while (!state.isOver) {
      await Promise.all(organisations.map((each) => sample(each).catch(() => undefined)));
      await sleep(EVERY_MS);
    }
  };
  void run();
  return {
    finish: () => {
      state.isOver = true;
      return [...samples].map(([organisation, all]) => {
        const quarter = Math.floor(all.length / 4);
        const least = (some: readonly Sample[]): number =>
          Math.min(...some.map(({ heapBytes }) => heapBytes)) / MIB;
        return {
          organisation,
          residentMiB: (all.at(-1)?.residentBytes ?? 0) / MIB,
          earlyMiB: least(all.slice(quarter, 2 * quarter)),
          lateMiB: least(all.slice(-quarter)),
        };
      });
    },
  };
}

/** Whether a node needs more and more: a tenth, and some MiB for what it has learnt, are no growth. */
export function growthOf({ organisation, earlyMiB, lateMiB }: MemoryOf): string[] {
  if (lateMiB <= earlyMiB * 1.1 + 8) return [];
  return [`the heap of ${organisation} grew from ${earlyMiB.toFixed(1)} to ${lateMiB.toFixed(1)} MiB`];
}
