import { execFileSync } from 'node:child_process';
import { packagePath } from '../../api/package-root.ts';

/** Tests that start nodes start what is built: it is built once, from what is there now. */
export default function build(): void {
  execFileSync('npm', ['run', '--silent', 'build'], { cwd: packagePath(), stdio: 'inherit' });
}
