import { useEffect, useRef, useState } from 'react';
import type { VerifyAnswer, VerifyRequest } from '../../../../api/exports/page/worker.ts';
import type { ExportReport } from '../../../../api/ledger/export/verify.ts';

export type Verifying =
  | { state: 'RUNNING'; changes: number }
  | { state: 'DONE'; report: ExportReport }
  | { state: 'UNREADABLE'; message: string };

/** Verifies a file in a worker of its own, with the very function that `lotbook verify` calls; a later file takes its place. */
export function useVerifier(): [Verifying | undefined, (request: VerifyRequest) => void] {
  const [found, setFound] = useState<Verifying>();
  const running = useRef<Worker>(undefined);
  useEffect(() => () => running.current?.terminate(), []);
  const verify = (request: VerifyRequest): void => {
    running.current?.terminate();
    setFound({ state: 'RUNNING', changes: 0 });
    const worker = new Worker(new URL('../../../../api/exports/page/worker.ts', import.meta.url), {
      type: 'module',
    });
    running.current = worker;
    worker.addEventListener('message', ({ data }: MessageEvent<VerifyAnswer>) => {
      if (data.kind === 'PROGRESS') return setFound({ state: 'RUNNING', changes: data.changes });
      if (data.kind === 'REPORT') setFound({ state: 'DONE', report: data.report });
      else setFound({ state: 'UNREADABLE', message: data.message });
      worker.terminate();
    });
    worker.addEventListener('error', () =>
      setFound({ state: 'UNREADABLE', message: 'the browser cannot run the verifier' }),
    );
    worker.postMessage(request, []);
  };
  return [found, verify];
}
