import { existsSync } from 'node:fs';
import { chromium, type Browser } from 'playwright-core';

const PATH = process.env['TEST_CHROMIUM'] || '/usr/bin/chromium';
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Whether tests in a browser can run here. Where CI is set they must: then a missing browser is a failure. */
export function hasBrowser(): boolean {
  if (existsSync(PATH) || process.env['CI']) return true;
  process.stderr.write(`${PATH} is missing: tests in a browser are skipped (apt-get install chromium)\n`);
  return false;
}

/** With flags of the browser's besides. */
export function openBrowser(flags: readonly string[] = []): Promise<Browser> {
  return chromium.launch({ executablePath: PATH, args: [...FLAGS, ...flags] });
}
