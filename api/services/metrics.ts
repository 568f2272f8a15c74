import { Gauge } from 'prom-client';
import type { Approval } from '../approval/approval.ts';
import type { Context } from '../context.ts';
import type { Checker } from '../delivery/checkpoints/checker.ts';
import type { Hub } from '../delivery/hub.ts';

/** Counts only: no names of books, records or partners leave by the metrics. */
export function registerMetrics(
  { metrics }: Context,
  approval: Approval,
  hub: Pick<Hub, 'stats'>,
  { alarms }: Checker,
): void {
  const { registry } = metrics;
  const gauge = (name: string, help: string, value: () => number) =>
    registry.registerMetric(
      new Gauge({
        name,
        help,
        registers: [],
        collect() {
          this.set(value());
        },
      }),
    );
  gauge('lotbook_waiting_changes', 'Changes that wait for their commit', () => approval.sequencer.waiting());
  gauge('lotbook_failed_proofs', 'Proofs about followed books that failed since the start', () =>
    alarms.count(),
  );
  gauge('lotbook_feed_streams', 'Open feed streams', () => hub.stats().streams);
  gauge('lotbook_feed_lag_seconds', 'From approval to hand-over of the last live change', () => {
    return hub.stats().lagMs / 1000;
  });
  gauge('lotbook_feed_items', 'Feed items handed out since the start', () => hub.stats().itemsSent);
}
