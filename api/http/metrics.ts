import { collectDefaultMetrics, Histogram, Registry } from 'prom-client';

export interface Metrics {
  /** Other rooms register their gauges and counters here; no field values, no names of organisations in labels. */
  registry: Registry;
  observeRequest(seconds: number, labels: { method: string; route: string; status: string }): void;
}

const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH']);

/** One registry for each node: two nodes in one process do not mix. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const duration = new Histogram({
    name: 'lotbook_http_request_duration_seconds',
    help: 'HTTP requests from arrival to the end of the answer, by route pattern',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10],
    registers: [registry],
  });
  return {
    registry,
    observeRequest: (seconds, { method, route, status }) =>
      duration.observe({ method: METHODS.has(method) ? method : 'OTHER', route, status }, seconds),
  };
}
