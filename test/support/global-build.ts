import { execFileSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { packagePath } from '../../api/package-root.ts';

/** Tests that start nodes start what is built: it is built once, from what is there now. */
export default function build(): void {
  if (isBuilt()) return;
  execFileSync('npm', ['run', '--silent', 'build'], { cwd: packagePath(), stdio: 'inherit' });
}

/** Whether nothing of what it is built from is younger than what was built last. Folders tell of files that went. */
function isBuilt(): boolean {
  const changedAt = (name: string): number =>
    statSync(packagePath(name), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const below = (folder: string): string[] =>
    readdirSync(packagePath(folder), { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name));
  const sources = ['api', ...below('api'), 'schema', ...below('schema'), 'package-lock.json'];
  const built = ['dist/cli.js', 'dist/verify.js', 'dist/verify.html'];
  return Math.max(...sources.map(changedAt)) < Math.min(...built.map(changedAt));
}
