import { describe, expect, it } from 'vitest';
import { event, day, lot, made, packed, pallet, place, reasons, seen, traced } from './support/events.ts';

const [A, B, C, D, E] = ['a', 'b', 'c', 'd', 'e'].map(lot) as [string, string, string, string, string];
const start = (thing: string) => ({ starts: [{ thing }] });
const at = (number: number, from = -Infinity) => ({
  place: place(number),
  window: { from, until: Infinity },
});
const added = (at: number, identifier: string) =>
  seen(at, 'commissioning', { [identifier]: '1 KGM' }, { action: 'ADD' });

describe('a trace from a lot', () => {
  const chain = [
    added(1, A),
    added(1, B),
    made(2, { [A]: null, [B]: null }, { [C]: null }),
    made(3, { [C]: null }, { [D]: null, [E]: null }),
  ];

  it('goes forward to all that was made of it', () => {
    expect(traced(chain, start(A)).things).toEqual([A, C, D, E]);
  });

  it('goes back to all that it was made of, with every input of a step', () => {
    expect(traced(chain, { ...start(E), directions: ['BACK'] }).things).toEqual([E, C, A, B]);
  });

  it('goes both ways without coming back down another branch', () => {
    const { things } = traced(chain, { ...start(D), directions: ['BACK', 'FORWARD'] });
    expect([...new Set(things)].sort()).toEqual([A, B, C, D]);
  });

  it('goes from several lots at once, and tells each thing once', () => {
    const { things } = traced(chain, { starts: [{ thing: A }, { thing: B }] });
    expect(things.sort()).toEqual([A, B, C, D, E]);
  });

  it('stops where it was asked to stop, and says so', () => {
    const trace = traced(chain, { ...start(A), depth: 1 });
    expect(trace.things).toEqual([A, C]);
    expect(reasons(trace)).toEqual(['c DEPTH']);
  });

  it('stops at the edge of its dates, and says so', () => {
    const trace = traced(chain, { ...start(A), until: day(3) });
    expect(trace.things).toEqual([A, C]);
    expect(reasons(trace)).toEqual(['c DATES']);
  });

  it('stops when it has found as many events as it may', () => {
    const trace = traced(chain, { ...start(A), most: 1 });
    expect(trace.things).toEqual([A, C]);
    expect(reasons(trace)).toContain('undefined LIMIT');
  });

  it('asks for nothing but what it found', () => {
    const { asked } = traced(chain, start(C));
    expect(asked).toEqual([C, D, E]);
  });

  it('ends in a circle of re-work', () => {
    const rework = [...chain, made(4, { [D]: null }, { [A]: null })];
    expect(traced(rework, start(A)).things).toEqual([A, C, D, E]);
    expect(traced(rework, { ...start(A), directions: ['BACK'] }).things.sort()).toEqual([A, B, C, D]);
  });

  it('follows a use before the making and says so, or leaves it out where it goes by dates', () => {
    const wrong = [made(5, { [A]: null }, { [B]: null }), made(3, { [B]: null }, { [C]: null })];
    const trace = traced(wrong, start(A));
    expect(trace.things).toEqual([A, B, C]);
    expect(reasons(trace)).toContain('b OUT_OF_ORDER');
    const strict = traced(wrong, { ...start(A), inOrder: true });
    expect(strict.things).toEqual([A, B]);
    expect(reasons(strict)).toEqual(['b OUT_OF_ORDER', 'b IN_STOCK']);
  });

  it('does not go into a product without a lot', () => {
    const product = 'https://id.gs1.org/01/09521234543213';
    const trace = traced([made(1, { [A]: null }, { [product]: '10' })], start(A));
    expect(trace.asked).toEqual([A]);
    expect(reasons(trace)).toContain('09521234543213 NO_LOT');
  });

  it('joins the events of one transformation', () => {
    const process = { transformationID: 'urn:batch:7' };
    const events = [
      made(1, { [A]: null }, {}, process),
      made(2, { [B]: null }, {}, process),
      made(3, {}, { [C]: null }, process),
    ];
    expect(traced(events, start(A)).things).toEqual([A, C]);
    expect(traced(events, { ...start(C), directions: ['BACK'] }).things.sort()).toEqual([A, B, C]);
  });

  it('does not follow an event that is declared wrong, but tells of it', () => {
    const wrong = made(
      2,
      { [A]: null },
      { [B]: null },
      { errorDeclaration: { declarationTime: '2026-06-09T00:00:00Z', correctiveEventIDs: ['urn:x:1'] } },
    );
    const trace = traced([wrong, made(2, { [A]: null }, { [C]: null })], start(A));
    expect(trace.things).toEqual([A, C]);
    expect(trace.events).toContain(wrong.record);
  });
});

describe('a trace of what was packed', () => {
  const P = pallet(1);
  const Q = pallet(2);
  const travels = [
    packed(2, 'ADD', P, { [A]: null, [B]: null }),
    packed(3, 'ADD', Q, {}, { childEPCs: [P] }),
    seen(4, 'shipping', {}, { epcList: [Q] }),
    packed(5, 'DELETE', Q, {}),
    seen(6, 'receiving', {}, { epcList: [P] }),
    packed(7, 'DELETE', P, { [A]: null }),
    seen(8, 'shipping', {}, { epcList: [P] }),
    seen(9, 'shipping', {}, { epcList: [Q] }),
  ];

  it('has the journeys of what carried it, from packing to unpacking', () => {
    const { events, carriers } = traced(travels, start(A));
    const times = travels.filter(({ record }) => events.includes(record)).map(({ time }) => time);
    expect(times).toEqual([2, 3, 4, 5, 6, 7].map(day));
    expect(carriers).toEqual([P, Q]);
  });

  it('does not take in what was on the same pallet', () => {
    expect(traced(travels, start(A)).things).toEqual([A]);
  });

  it('starts from a pallet with all that was on it', () => {
    expect(traced(travels, start(P)).things.sort()).toEqual([P, A, B].sort());
  });

  it('goes from what is on a pallet when the pallet is used, to what is made', () => {
    const uses = (at: number) =>
      event({
        type: 'TransformationEvent',
        eventTime: new Date(day(at)).toISOString(),
        inputEPCList: [P],
        outputEPCList: [`urn:made:${at}`],
      });
    const all = [...travels, uses(4), uses(9)];
    expect(traced(all, start(A)).things).toEqual([A, 'urn:made:4']);
    expect(traced(all, start(B)).things).toEqual([B, 'urn:made:4', 'urn:made:9']);
    const back = { starts: [{ thing: 'urn:made:9' }], directions: ['BACK' as const] };
    expect(traced(all, back).things).toEqual(['urn:made:9', P, B]);
  });

  it('lets a part of a lot be taken off while the rest stays on', () => {
    const events = [
      packed(1, 'ADD', P, { [A]: '10 KGM' }),
      packed(2, 'DELETE', P, { [A]: '4 KGM' }),
      seen(3, 'shipping', {}, { epcList: [P] }),
      packed(4, 'DELETE', P, { [A]: '6 KGM' }),
      seen(5, 'shipping', {}, { epcList: [P] }),
    ];
    const { events: found } = traced(events, start(A));
    expect(found).toContain(events[2]?.record);
    expect(found).not.toContain(events[4]?.record);
  });
});

describe('the end of a trace', () => {
  it('is an origin where a thing was made of nothing', () => {
    expect(reasons(traced([added(1, A)], { ...start(A), directions: ['BACK'] }))).toEqual(['a ORIGIN']);
  });

  it('is no record where nobody says where it came from, and names whom to ask', () => {
    const from = { sourceList: [{ type: 'owning_party', source: 'https://id.gs1.org/417/9521321000018' }] };
    const { ends } = traced([seen(2, 'receiving', { [A]: null }, from)], {
      ...start(A),
      directions: ['BACK'],
    });
    expect(ends).toMatchObject([{ reason: 'NO_RECORD', ask: ['https://id.gs1.org/417/9521321000018'] }]);
    expect(reasons(traced([], { ...start(A), directions: ['BACK', 'FORWARD'] }))).toEqual([
      'a NO_RECORD',
      'a NO_RECORD',
    ]);
  });

  it('is a shipment that nobody is known to have received, and names where it went', () => {
    const to = (id: string) => ({ destinationList: [{ type: 'location', destination: id }] });
    const events = [
      seen(1, 'shipping', { [A]: null }, to(place(1))),
      seen(1, 'shipping', { [A]: null }, to(place(2))),
      seen(2, 'receiving', { [A]: null }, { bizLocation: { id: `${place(2)}/254/7` } }),
    ];
    expect(traced(events, start(A)).ends).toMatchObject([{ reason: 'NO_RECEIPT', ask: [place(1)] }]);
  });

  it('is there too where its pallet leads to nothing but itself', () => {
    const P = pallet(1);
    const reused = made(2, { [P]: null }, { [A]: null });
    const events = [packed(1, 'ADD', P, { [A]: null }), reused, packed(3, 'DELETE', P, { [A]: null })];
    expect(reasons(traced(events, start(A)))).toContain('a IN_STOCK');
  });

  it('is a shipment of the pallet that it was on', () => {
    const events = [
      packed(1, 'ADD', pallet(1), { [A]: null }),
      seen(2, 'shipping', {}, { epcList: [pallet(1)] }),
    ];
    expect(reasons(traced(events, start(A)))).toEqual(['a NO_RECEIPT']);
  });

  it('is the stock where it was last seen, or its end', () => {
    expect(reasons(traced([seen(1, 'receiving', { [A]: null })], start(A)))).toEqual(['a IN_STOCK']);
    const gone = seen(2, 'destroying', { [A]: null }, { action: 'DELETE' });
    expect(reasons(traced([seen(1, 'receiving', { [A]: null }), gone], start(A)))).toEqual(['a ENDED']);
  });

  it('is what an organisation withholds, whether there is something or not', () => {
    const closed = ['inputQuantityList[].epcClass', 'inputEPCList'];
    const { ends } = traced([made(2, { [A]: null }, { [B]: null }, {}, closed)], {
      ...start(B),
      directions: ['BACK'],
    });
    expect(ends).toMatchObject([{ reason: 'WITHHELD', organisation: 'farm.example', fields: closed }]);
  });
});

describe('a trace from an event or a place', () => {
  const shipped = seen(3, 'shipping', { [A]: null }, { readPoint: { id: place(1) } });
  const events = [
    made(2, { [B]: null }, { [A]: null }, { bizLocation: { id: place(2) } }),
    shipped,
    made(4, { [A]: null }, { [C]: null }),
  ];

  it('takes what the event links', () => {
    expect(traced(events, { starts: [{ event: shipped.record }] }).things).toEqual([A, C]);
    expect(traced(events, { starts: [{ event: shipped.record }], directions: ['BACK'] }).things).toEqual([
      A,
      B,
    ]);
  });

  it('takes what happened at the place, in its dates', () => {
    expect(traced(events, { starts: [at(1)] }).things).toEqual([A, C]);
    expect(traced(events, { starts: [at(2)], directions: ['BACK'] }).things).toEqual([B]);
    expect(traced(events, { starts: [at(1)], until: day(3) }).things).toEqual([]);
    expect(traced(events, { starts: [at(1, day(4))] }).things).toEqual([]);
  });

  it('takes the events that hold instead of one that is declared wrong', () => {
    const instead = seen(3, 'shipping', { [B]: null });
    const wrong = seen(
      3,
      'shipping',
      { [A]: null },
      { errorDeclaration: { declarationTime: '2026-06-09T00:00:00Z', correctiveEventIDs: [instead.record] } },
    );
    expect(traced([...events, wrong, instead], { starts: [{ event: wrong.record }] }).things).toEqual([
      B,
      A,
      C,
    ]);
  });
});
