import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { runCli } from '../support/cli.ts';

/** What the demo is told of the world around it: a database that it must not touch. */
const ENVIRONMENT = { DATABASE_URL: 'postgresql://nobody@127.0.0.1:1/nothing' };
const TIMEOUT_MS = 180_000;

test(
  'the demo plays from nothing to its end, and everything holds that it tells',
  // Leases of a second beside other tests on few cores: the backup may be out of sync at the moment of the kill.
  { retry: 2, timeout: TIMEOUT_MS },
  async () => {
    const { code, stdout, stderr } = await runCli(['demo', '--exit', '--port', '4600'], ENVIRONMENT).ended;
    expect(stdout).not.toContain('FAILED');
    expect([code, stderr]).toEqual([0, '']);
    for (const line of [
      '10 of 10 pairs',
      'Approved: 441 events and 134 other records.',
      'ok  24 local copies hold exactly what their owners let them see',
      'ok  no copy shows a confidential name (pricePerCase, crewCost,',
      'ok  all feeds are live and nothing had to be kept aside',
      'at Freshpack     APPROVED; its copy of the lot is version 2',
      'at Freshpack     REFUSED, STALE_BASE',
      'at Marketfresh   REFUSED, NOT_PERMITTED',
      'at all five nodes  Freshpack holds the right',
      'take-over; it alone has every entry',
      'hand-over; both have every entry',
      'ok  all five nodes name one holder of the right, before and after',
      "ok  a request that found the owner's node dead was approved by Green Valley Farms, and once",
      "ok  Marketfresh Stores got that change while the owner's node was down",
      'ok  the logs of Freshpack and Green Valley are equal',
    ]) {
      expect(stdout).toContain(line);
    }
    // Green Valley's lane: it has the right from one moment to another.
    expect(stdout).toMatch(/ Green Valley {2}\.+\d+\.+\n/);
    expect(stdout).not.toContain('\u001B');
    const [, dir = ''] = /They are made in (\S+)\.\n/.exec(stdout) ?? [];
    expect(dir).not.toBe('');
    expect(existsSync(dir)).toBe(false);
  },
);
