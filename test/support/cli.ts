import { spawn, type ChildProcess } from 'node:child_process';
import { packagePath } from '../../api/package-root.ts';

export interface CliRun {
  child: ChildProcess;
  ended: Promise<{ code: number | null; signal: NodeJS.Signals | null; stdout: string; stderr: string }>;
}

/** Runs `lotbook` in a process of its own, as built; its settings are only those given. */
export function runCli(args: readonly string[], env: Readonly<Record<string, string>> = {}): CliRun {
  const outer = Object.entries(process.env).filter(([name]) => !/^(LOTBOOK_|DATABASE_URL$)/.test(name));
  const cli = process.env['TEST_CLI'] || packagePath('dist', 'cli.js');
  const child = spawn(process.execPath, [cli, ...args], { env: { ...Object.fromEntries(outer), ...env } });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString('utf8')));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString('utf8')));
  const ended: CliRun['ended'] = new Promise((resolve) => {
    child.once('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
  return { child, ended };
}
