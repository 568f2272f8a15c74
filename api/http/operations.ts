import { Router } from 'express';
import type { Registry } from 'prom-client';

export interface Readiness {
  /** Why the node cannot serve now, in a few words without values; undefined when it can. */
  (): Promise<string | undefined>;
}

const PATIENCE_MS = 3000;

/**
 * What an operator's tools ask: `/healthz` (the process lives: if not, restart it), `/readyz` (it can serve: if not,
 * send requests elsewhere), `/metrics` (Prometheus text format).
 */
export function operations(input: { isReady: Readiness; registry: Registry }): Router {
  return Router()
    .get('/healthz', (_req, res) => void res.set('Cache-Control', 'no-store').json({ status: 'alive' }))
    .get('/readyz', async (_req, res) => {
      const reason = await inTime(input.isReady()).catch(() => 'the database does not answer');
      res
        .status(reason === undefined ? 200 : 503)
        .set('Cache-Control', 'no-store')
        .json(reason === undefined ? { status: 'ready' } : { status: 'not ready', reason });
    })
    .get('/metrics', async (_req, res) => {
      res.type(input.registry.contentType).send(await input.registry.metrics());
    });
}

async function inTime<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('late')), PATIENCE_MS);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
