import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  chainOf,
  flowsOf,
  type Event,
  type Found,
  type Thing,
} from '../../web-admin/src/pages/trace/chain.ts';
import { graphOf } from '../../web-admin/src/pages/trace/graph-of.ts';
import { COLUMN, layoutOf, ROW } from '../../web-admin/src/pages/trace/layout.ts';
import { inputOf, paramsOf, type Question, questionOf } from '../../web-admin/src/pages/trace/question.ts';
import { chosenLots, toggled } from '../../web-admin/src/pages/trace/selection.ts';
import { reasonText, reasonWord } from '../../web-admin/src/pages/trace/words.ts';

const PLANT = 'https://id.gs1.org/414/9521103000014';
const STORE = 'https://id.gs1.org/414/9521104000013';

function thing(identifier: string, more: Partial<Thing> = {}): Thing {
  return { identifier, kind: 'lot', product: null, direction: 'BACK', depth: 0, as: 'MADE', ...more };
}

function event(
  record: string,
  more: Partial<Event> & { in?: string[]; out?: string[]; of?: string[] },
): Event {
  const { in: inputs = [], out = [], of = [], ...rest } = more;
  const link = (role: Event['links'][number]['role'], field: string) => (identifier: string) => {
    return { role, identifier, field, kind: 'lot', quantity: '5', uom: 'KGM' };
  };
  return {
    book: 'packer.example/season',
    record,
    organisation: 'packer.example',
    time: '2026-10-05T10:00:00.000Z',
    type: 'TransformationEvent',
    action: null,
    bizStep: 'commissioning',
    disposition: null,
    places: [PLANT],
    sources: [],
    destinations: [],
    process: null,
    declaredWrong: null,
    ...rest,
    links: [
      ...inputs.map(link('IN', 'inputQuantityList[].epcClass')),
      ...out.map(link('OUT', 'outputQuantityList[].epcClass')),
      ...of.map(link('OBSERVED', 'quantityList[].epcClass')),
    ],
  };
}

const found: Found = {
  things: [
    thing('urn:salad', { as: 'START' }),
    thing('urn:a', { depth: 1 }),
    thing('urn:b', { depth: 1 }),
    thing('urn:pallet', { kind: 'shipment', as: 'CARRIER', direction: 'FORWARD' }),
  ],
  events: [
    event('mix', { in: ['urn:a', 'urn:b'], out: ['urn:salad'] }),
    event('ship', { of: ['urn:salad'], bizStep: 'shipping', destinations: [`${STORE}/254/dock`] }),
  ],
  stays: [{ child: 'urn:salad', parent: 'urn:pallet', from: null, until: null }],
  ends: [
    {
      thing: 'urn:a',
      direction: 'BACK',
      reason: 'WITHHELD',
      organisation: 'grower.example',
      fields: ['inputEPCList'],
      ask: [],
      event: null,
    },
    {
      thing: 'urn:b',
      direction: 'BACK',
      reason: 'ORIGIN',
      organisation: null,
      fields: [],
      ask: [],
      event: null,
    },
  ],
};
const plain: Pick<Question, 'grouping' | 'carriers' | 'hidden'> = {
  grouping: 'none',
  carriers: false,
  hidden: [],
};

describe('the graph of a trace', () => {
  test('marks where lots are mixed, and where a story is open', () => {
    const { nodes, edges } = graphOf(chainOf(found), plain);
    const mixing = nodes.find(({ kind }) => kind === 'MIXING');
    expect(mixing).toMatchObject({ mixed: 2, lots: ['urn:a', 'urn:b', 'urn:salad'] });
    expect(edges).toHaveLength(3);
    expect(nodes.find(({ id }) => id === 'urn:a')?.back).toHaveLength(1);
    expect(nodes.find(({ id }) => id === 'urn:b')?.back).toEqual([]);
  });

  test('shows carriers when asked, and leaves out what is hidden', () => {
    const ids = (part: Partial<typeof plain>) =>
      graphOf(chainOf(found), { ...plain, ...part }).nodes.map(({ id }) => id);
    expect(ids({})).not.toContain('urn:pallet');
    expect(ids({ carriers: true })).toContain('urn:pallet');
    expect(ids({ hidden: ['urn:a'] })).not.toContain('urn:a');
  });

  test('joins places by where lots went', () => {
    const chain = chainOf(found);
    expect(flowsOf(chain)).toEqual([{ from: PLANT, to: STORE, lots: new Set(['urn:salad']) }]);
    const { nodes, edges } = graphOf(chain, { ...plain, grouping: 'place' });
    expect(nodes.map(({ id }) => id)).toEqual([PLANT, STORE]);
    expect(edges).toEqual([{ from: PLANT, to: STORE, kind: 'WENT' }]);
  });

  test('does not follow an event that is declared wrong', () => {
    const wrong = found.events.map((each) => ({ ...each, declaredWrong: { reason: null } }));
    const chain = chainOf({ ...found, events: wrong });
    expect(chain.mixings).toEqual([]);
    expect(flowsOf(chain)).toEqual([]);
  });
});

describe('the layout', () => {
  const node = (id: string) =>
    ({ id, kind: 'LOT', lots: [id], isStart: false, back: [], forward: [], mixed: 0 }) as const;

  test('puts what is made to the right of what it is made of, and nothing on top of anything', () => {
    const graph = fc
      .array(fc.tuple(fc.nat(29), fc.nat(29)), { maxLength: 80 })
      .map((pairs) =>
        pairs
          .filter(([a, b]) => a < b)
          .map(([a, b]) => ({ from: `${a}`, to: `${b}`, kind: 'MADE' as const })),
      );
    fc.assert(
      fc.property(graph, (edges) => {
        const nodes = Array.from({ length: 30 }, (_, at) => node(String(at)));
        const points = layoutOf({ nodes, edges });
        for (const { from, to } of edges)
          expect((points.get(to)?.x ?? 0) - (points.get(from)?.x ?? 0)).toBeGreaterThanOrEqual(COLUMN);
        const columns = new Map<number, number[]>();
        for (const { x, y } of points.values()) columns.set(x, [...(columns.get(x) ?? []), y]);
        const gaps = [...columns.values()].flatMap((ys) =>
          ys.toSorted((a, b) => a - b).map((y, at, all) => y - (all[at - 1] ?? -Infinity)),
        );
        expect(Math.min(...gaps)).toBeGreaterThanOrEqual(ROW - 1e-6);
      }),
    );
  });

  test('places lots that go round in a circle too', () => {
    const edges = [
      { from: 'a', to: 'b', kind: 'MADE' },
      { from: 'b', to: 'a', kind: 'MADE' },
    ] as const;
    expect(layoutOf({ nodes: [node('a'), node('b')], edges }).size).toBe(2);
  });
});

describe('the address', () => {
  test('holds everything that is asked and shown', () => {
    const question: Question = {
      starts: [
        { kind: 'thing', id: 'https://id.gs1.org/01/09521141012345/10/A%2F1' },
        { kind: 'place', id: PLANT },
      ],
      direction: 'BACK',
      depth: 3,
      from: '2026-10-01',
      until: '2026-10-31',
      grouping: 'place',
      carriers: true,
      hidden: ['urn:a', 'urn:b'],
      selected: ['urn:c&d=e'],
    };
    expect(questionOf(new URLSearchParams(paramsOf(question).toString()))).toEqual(question);
  });

  test('is taken for the plain question where somebody has changed it to what cannot be', () => {
    const question = questionOf(
      new URLSearchParams('thing=urn:a&direction=UP&depth=-1&from=yesterday&group=none'),
    );
    expect(question).toMatchObject({ direction: 'BOTH', depth: 100, from: '', grouping: 'none' });
  });

  test('asks until the end of the last day', () => {
    expect(inputOf(questionOf(new URLSearchParams('thing=urn:a&until=2026-12-31'))).until).toBe(
      '2027-01-01T00:00:00.000Z',
    );
  });
});

describe('what is chosen', () => {
  const chain = chainOf(found);

  test('is a lot, or those of an event, or those that were at a place', () => {
    expect([...chosenLots(chain, ['urn:a'])]).toEqual(['urn:a']);
    expect([...chosenLots(chain, ['ship'])]).toEqual(['urn:salad']);
    expect([...chosenLots(chain, [PLANT])].toSorted()).toEqual(['urn:a', 'urn:b', 'urn:salad']);
  });

  test('is taken away by choosing it once more', () => {
    expect(toggled(['a', 'b'], ['b'])).toEqual(['a']);
    expect(toggled(['a'], ['a', 'b'])).toEqual(['a', 'b']);
  });
});

test('says why a trace ends, also for a reason that it does not know', () => {
  const end = {
    reason: 'WITHHELD',
    organisation: 'grower.example',
    fields: ['inputEPCList'],
    ask: [],
  } as const;
  expect(reasonText({ ...end, fields: [...end.fields], ask: [] }, () => 'Green Valley')).toBe(
    'Fields that could lead on are not open to you. By Green Valley: inputEPCList.',
  );
  const unknown = {
    ...end,
    reason: 'NODE_UNREACHABLE' as 'WITHHELD',
    organisation: null,
    fields: [],
    ask: [],
  };
  expect(reasonWord(unknown)).toBe('node unreachable');
  expect(reasonText(unknown, (id) => id)).toBe('Node unreachable.');
});
