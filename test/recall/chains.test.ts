import { describe, expect, it } from 'vitest';
import { hasChains, readChain } from './support/chains.ts';
import { traced } from './support/events.ts';
import { expected } from './support/oracle.ts';

const FILES = ['traceback_tests.jsonld', 'gdst_data_withmasterdata.jsonld', 'beef-leather.jsonld'];

describe.skipIf(!hasChains())(
  'chains that somebody else wrote (skipped where ../shared/data is absent)',
  () => {
    it.each(FILES)('%s is traced from every thing in it as the meaning of a trace says', (file) => {
      const events = readChain(file);
      const things = [
        ...new Set(events.flatMap((event) => event.things.map(({ identifier }) => identifier))),
      ];
      const lots = things.filter((id) => !/^https:\/\/id\.gs1\.org\/01\/\d+$/.test(id));
      const moments = [...new Set(events.map(({ time }) => time as number))];
      expect(things.length).toBeGreaterThan(2);
      for (const thing of lots) {
        for (const direction of ['BACK', 'FORWARD'] as const) {
          const trace = traced(events, { starts: [{ thing }], directions: [direction] });
          const meant = expected(events, { starts: [thing], direction, inOrder: false }, moments);
          expect(new Set(trace.events)).toEqual(meant.events);
          expect(new Set(trace.things)).toEqual(meant.things);
        }
      }
    });
  },
);
