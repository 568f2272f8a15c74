// Writes the page that verifies exports: one file, which loads nothing. `tsx api/exports/page/build.ts`
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';

const here = import.meta.dirname;
const [out = join(here, '../../../dist/verify.html')] = process.argv.slice(2);
const of = (name: string): string => join(here, name);

const { outputFiles } = await build({
  entryPoints: [of('page.ts')],
  bundle: true,
  write: false,
  format: 'iife',
  target: 'es2022',
  minify: true,
  legalComments: 'none',
  charset: 'utf8',
  inject: [of('globals.ts')],
  alias: {
    'node:crypto': of('crypto.ts'),
    'node:buffer': of('buffer.ts'),
    'node:util': of('util.ts'),
  },
  logLevel: 'warning',
});
// Of what stands in a script element, only this could end it.
const script = (outputFiles[0]?.text ?? '').replaceAll('</', String.raw`<\/`).trim();
const style = readFileSync(of('page.css'), 'utf8').trim();
const hashOf = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
const policy = [
  "default-src 'none'",
  `script-src ${hashOf(script)}`,
  `style-src ${hashOf(style)}`,
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');
const page = readFileSync(of('page.html'), 'utf8')
  .replace('%POLICY%', () => policy)
  .replace(/\s*%STYLE%\s*/, () => style)
  .replace(/\s*%SCRIPT%\s*/, () => script);
writeFileSync(out, page);
