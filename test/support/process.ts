import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { packagePath } from '../../api/package-root.ts';

export interface Script {
  pid: number;
  child: ChildProcess;
  /** what it has written to stdout up to now */
  stdout(): string;
  /** resolves when a line of stdout begins with this, with the rest of the line; rejects when the script ends first */
  line(start: string): Promise<string>;
  ended: Promise<{ code: number | null; stdout: string; stderr: string }>;
}

/** Runs TypeScript in a process of its own, as a module at the root of the repository. */
export function runScript(source: string, env: Record<string, string> = {}): Script {
  // --import keeps it to one process, so that a signal reaches the script itself and no wrapper.
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', source], {
    cwd: packagePath(),
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A process group of its own, as a shell gives it: a test can send it what Ctrl-C sends.
    detached: true,
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString('utf8')));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString('utf8')));
  const ended = new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve) => {
    child.once('close', (code) => resolve({ code, stdout, stderr }));
  });
  const line = (start: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const found = stdout
          .split('\n')
          .slice(0, -1)
          .find((text) => text.startsWith(start));
        if (found !== undefined) resolve(found.slice(start.length).trim());
      };
      child.stdout.on('data', look);
      look();
      void ended.then(() => reject(new Error(`the script ended before it said "${start}": ${stderr}`)));
    });
  return { pid: child.pid ?? 0, child, stdout: () => stdout, line, ended };
}
