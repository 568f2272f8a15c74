import { fork } from 'node:child_process';
import { once } from 'node:events';
import { runBatch, type Batch, type BatchResult } from './batch.ts';

const BATCH = 200;

/** Runs schedules in so many processes of `script` and tells of each batch; none is begun any more once `tell` answers true. */
export async function runJobs(
  { seed, from, to, rule }: Batch,
  { script, jobs }: { script: string; jobs: number },
  tell: (result: BatchResult) => boolean,
): Promise<void> {
  let next = from;
  let isEnough = false;
  const work = async (): Promise<void> => {
    const child = fork(script, ['--job']);
    const ended = once(child, 'exit').then(([code]) => {
      throw new Error(`a job ended with ${String(code)}`);
    });
    while (next < to && !isEnough) {
      const begin = next;
      next = Math.min(to, begin + BATCH);
      const answer = once(child, 'message') as Promise<[BatchResult]>;
      child.send({ seed, from: begin, to: next, rule } satisfies Batch);
      const [result] = await Promise.race([answer, ended]);
      if (tell(result)) isEnough = true;
    }
    ended.catch(() => undefined);
    child.kill();
  };
  await Promise.all(Array.from({ length: jobs }, work));
}

/** What such a process does. */
export function serveJobs(): void {
  process.on('message', (batch: Batch) => process.send?.(runBatch(batch)));
}
