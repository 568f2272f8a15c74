import { fork } from 'node:child_process';
import { packagePath } from '../../../api/package-root.ts';

/** A TypeScript file of this folder in a process of its own, called over its IPC channel, one call at a time. */
export interface Worker {
  call<T>(name: string, given?: unknown): Promise<T>;
  stop(): Promise<void>;
}

export function startWorker(file: string): Worker {
  const child = fork(packagePath('test', 'bench', file), {
    execArgv: ['--import', 'tsx'],
    serialization: 'advanced',
  });
  const ended = new Promise<void>((resolve) => void child.once('exit', () => resolve()));
  return {
    call: <T>(name: string, given: unknown = null) =>
      new Promise<T>((resolve, reject) => {
        const onEnd = () => reject(new Error(`${file} ended in ${name}`));
        child.once('exit', onEnd);
        child.once('message', ({ result, error }: { result: T; error?: string }) => {
          child.off('exit', onEnd);
          if (error === undefined) resolve(result);
          else reject(new Error(error));
        });
        child.send({ name, given });
      }),
    stop: async () => {
      child.disconnect();
      await ended;
    },
  };
}

/** Answers the calls of the process that started this one; ends with it. */
export function serveCalls(handlers: Record<string, (given: never) => unknown>): void {
  process.on('message', async ({ name, given }: { name: string; given: never }) => {
    try {
      process.send?.({ result: await handlers[name]?.(given) });
    } catch (error) {
      process.send?.({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    }
  });
  process.on('disconnect', () => process.exit());
}
