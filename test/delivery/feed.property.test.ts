import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeCursor, START } from '../../api/delivery/cursor.ts';
import type { Grant } from '../../api/sharing/grant.ts';
import { Log, PARTNER } from './support/log.ts';
import { pull, readAll, Subscriber } from './support/reader.ts';

const NAMES = ['a', 'b', 'c'] as const;
const KINDS = ['NOTE', 'LOCATION'] as const;

/** Whom the same grants address. */
const TWIN = { ...PARTNER, organisation: 'twin.example' };

type Step =
  | { do: 'change'; record: number; kind: number; names: string[] }
  | { do: 'grant'; fields: string[]; backfill: boolean; kinds: ('NOTE' | 'LOCATION')[]; forPartner: boolean }
  | { do: 'end'; grant: number }
  | { do: 'pull'; limit: number; window: number; loses: boolean };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('change' as const),
      record: fc.nat(3),
      kind: fc.nat(1),
      names: fc.subarray([...NAMES], { minLength: 1 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('grant' as const),
      fields: fc.oneof(
        fc.constant<string[]>(['*']),
        fc.subarray<string>(['a', 'b', 'unset'], { minLength: 1 }),
      ),
      backfill: fc.boolean(),
      kinds: fc.subarray([...KINDS]),
      forPartner: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('end' as const), grant: fc.nat(5) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('pull' as const),
      limit: fc.integer({ min: 1, max: 4 }),
      window: fc.integer({ min: 1, max: 5 }),
      loses: fc.boolean(),
    }),
  },
);

/** What the partner may have now, said a second time and without the code under test. */
function due(log: Log): Set<string> {
  const set = new Set<string>();
  const mine = log.grants.filter(({ audience }) => audience.organisations.includes(PARTNER.organisation));
  for (const { entry } of log.changes) {
    if (entry.kind === 'GRANT') {
      if (mine.some(({ id }) => id === entry.record)) set.add(`${entry.seq}`);
      continue;
    }
    for (const grant of mine.filter(({ until }) => until === null || log.now < until)) {
      if (!grant.backfill && entry.seq < grant.since) continue;
      if (grant.selector.kinds.length > 0 && !grant.selector.kinds.includes(entry.kind)) continue;
      for (const name of Object.keys(entry.state ?? {})) {
        if (grant.fields.includes('*') || grant.fields.includes(name)) set.add(`${entry.seq} ${name}`);
      }
    }
  }
  return set;
}

async function run(log: Log, at: Step, onPull: (step: Step & { do: 'pull' }) => void): Promise<void> {
  if (at.do === 'change') {
    const kind = KINDS[at.kind] as 'NOTE' | 'LOCATION';
    const value = `${log.entries.length}`;
    await log.change(
      kind,
      `urn:x:${kind}:${at.record}`,
      Object.fromEntries(at.names.map((name) => [name, value])),
    );
  } else if (at.do === 'grant') {
    const organisations = at.forPartner ? [PARTNER.organisation, TWIN.organisation] : ['other.example'];
    await log.grant(`g${log.grants.length}`, {
      fields: at.fields,
      backfill: at.backfill,
      audience: { organisations, groups: [], roles: [], public: false },
      selector: { kinds: at.kinds, products: [], lots: [], records: [], from: null, until: null },
    });
  } else if (at.do === 'end') {
    const grant = log.grants[at.grant % Math.max(1, log.grants.length)] as Grant | undefined;
    if (grant && grant.until === null) await log.endGrant(grant);
  } else onPull(at);
}

describe('a feed, whatever happens to the book and wherever it breaks off', () => {
  it('brings all that the grants permit, nothing that they never permitted, and nothing that fails verification', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 30 }), async (steps) => {
        const log = new Log();
        const subscriber = new Subscriber();
        const everDue = new Set<string>();
        for (const at of steps) {
          await run(log, at, ({ limit, window, loses }) => {
            const { items, position } = pull(log, subscriber.position, { limit, window });
            // A stream that breaks before the commit: the same comes again from the old cursor.
            subscriber.apply(items, loses ? subscriber.position : position);
          });
          for (const one of due(log)) everDue.add(one);
        }
        readAll(log, subscriber, { limit: 3, window: 4 });
        expect(subscriber.faults).toEqual([]);
        for (const one of due(log)) expect(subscriber.holds).toContain(one);
        for (const one of subscriber.holds) expect(everDue).toContain(one);

        // Who comes only now gets exactly what is permitted now.
        const late = new Subscriber();
        readAll(log, late, { limit: 3, window: 4 });
        expect(late.faults).toEqual([]);
        expect(late.holds).toEqual(due(log));
      }),
      { numRuns: 150 },
    );
  });

  it('moves on with every batch, and what one class shares does not depend on the reader', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), async (steps) => {
        const log = new Log();
        for (const at of steps) await run(log, at, () => undefined);
        const seen = new Set<string>();
        let position = START;
        for (let caughtUp = false; !caughtUp;) {
          const batch = pull(log, position, { limit: 2, window: 3 });
          const same = pull(log, position, { limit: 2, window: 3, reader: TWIN });
          expect(batch.shared ? same : batch).toEqual(batch);
          const cursor = encodeCursor(batch.position, 'e');
          expect(seen).not.toContain(cursor);
          seen.add(cursor);
          ({ position, caughtUp } = batch);
          if (log.entries.length === 0) break;
        }
      }),
      { numRuns: 60 },
    );
  });
});
