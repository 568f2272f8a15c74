import { describe, expect, it } from 'vitest';
import { season } from '../../api/demo/season/season.ts';
import type { Entry, JsonObject } from '../../api/demo/season/types.ts';
import { canonicalIdentifier, classify } from '../../api/events/identifiers.ts';
import { effective, notice, quantities, sum, type Quantity } from './journal.ts';

const data = season(1);
const steps = effective(data);
const ofStep = (bizStep: string) => steps.filter(({ event }) => event['bizStep'] === bizStep);
const transformations = steps.filter(({ event }) => event['type'] === 'TransformationEvent');

describe('the flow of goods', () => {
  it('makes every lot once', () => {
    const made = [
      ...ofStep('commissioning').flatMap(({ event }) => quantities(event, 'quantityList')),
      ...transformations.flatMap(({ event }) => quantities(event, 'outputQuantityList')),
    ].map(({ lot }) => lot);
    expect(new Set(made).size).toBe(made.length);
    expect(made).toHaveLength(36 + 30 + 2);
  });

  it('loses nothing in a transformation but the waste', () => {
    for (const { event } of transformations) {
      const waste = Math.round(
        (Object.entries(event).find(([name]) => name.endsWith(':wasteQuantity'))?.[1] as number) * 10,
      );
      expect(sum(quantities(event, 'inputQuantityList'))).toBe(
        sum(quantities(event, 'outputQuantityList')) + waste,
      );
    }
  });

  it('makes every mix of several lots, and salads of lots of both growers', () => {
    for (const { event } of transformations) {
      expect(quantities(event, 'inputQuantityList').length).toBeGreaterThanOrEqual(2);
    }
    const growers = (event: JsonObject) =>
      new Set(quantities(event, 'inputQuantityList').map(({ lot }) => classify(lot).gtin?.slice(1, 8)));
    const both = transformations.filter(
      ({ event }) => growers(event).has('9521101') && growers(event).has('9521102'),
    );
    expect(both.length).toBeGreaterThanOrEqual(12);
  });

  it('uses, ships and sells at a place only what came there before, and no more', () => {
    const stock = new Map<string, number>();
    const move = ({ organisation, event }: Entry, list: string, sign: number) => {
      const place =
        event['bizStep'] === 'retail_selling' || organisation === 'marketfresh'
          ? (event['readPoint'] as { id: string }).id
          : organisation;
      for (const { lot, tenths } of quantities(event, list)) {
        const key = `${place} ${lot}`;
        stock.set(key, (stock.get(key) ?? 0) + sign * tenths);
        expect(stock.get(key), `stock of ${key}`).toBeGreaterThanOrEqual(0);
      }
    };
    for (const entry of steps) {
      const { event } = entry;
      const step = event['bizStep'];
      if (event['type'] === 'TransformationEvent') {
        move(entry, 'inputQuantityList', -1);
        move(entry, 'outputQuantityList', 1);
      } else if (step === 'commissioning' || step === 'receiving') move(entry, 'quantityList', 1);
      else if (step === 'shipping' || step === 'retail_selling' || step === 'destroying')
        move(entry, 'quantityList', -1);
    }
  });

  it('receives every shipment as it was sent, later', () => {
    const received = new Map(ofStep('receiving').map((entry) => [notice(entry.event), entry]));
    expect(received.size).toBe(75);
    for (const { event, instant } of ofStep('shipping')) {
      const arrival = received.get(notice(event)) as Entry;
      expect(arrival.instant).toBeGreaterThan(instant);
      expect(quantities(arrival.event, 'quantityList')).toEqual(quantities(event, 'quantityList'));
      const units = (list: unknown) => ((list ?? []) as string[]).map(canonicalIdentifier);
      expect(units(arrival.event['epcList'])).toEqual(units(event['epcList']));
    }
  });

  it('ships pallets only with what was put on them', () => {
    const packed = new Map(
      steps
        .filter(({ event }) => event['type'] === 'AggregationEvent' && event['action'] === 'ADD')
        .map(({ event }) => [
          canonicalIdentifier(event['parentID'] as string),
          quantities(event, 'childQuantityList'),
        ]),
    );
    for (const { event } of ofStep('shipping')) {
      const units = (event['epcList'] ?? []) as string[];
      if (units.length === 0) continue;
      const content = units.flatMap((unit) => packed.get(canonicalIdentifier(unit)) as Quantity[]);
      expect(quantities(event, 'quantityList')).toEqual(content);
    }
  });

  it('names the corrective event in every declaration of wrong data', () => {
    const ids = new Set(data.entries.map(({ event }) => event['eventID']));
    const declared = data.entries.filter(({ kind }) => kind === 'error declaration');
    for (const { event } of declared) {
      const { reason, correctiveEventIDs = [] } = event['errorDeclaration'] as {
        reason: string;
        correctiveEventIDs?: string[];
      };
      expect(correctiveEventIDs).toHaveLength(reason === 'did_not_occur' ? 0 : 1);
      expect(correctiveEventIDs.every((id) => ids.has(id))).toBe(true);
    }
  });
});

describe('the story', () => {
  it('leads the contaminated lot into several retail lots through two mixes', () => {
    const { contaminatedLot, affectedLots, affectedProducts, affectedStores } = data.story;
    const origin = canonicalIdentifier(contaminatedLot);
    const direct = transformations.filter(({ event }) =>
      quantities(event, 'inputQuantityList').some(({ lot }) => lot === origin),
    );
    const mixes = direct.flatMap(({ event }) =>
      quantities(event, 'outputQuantityList').map(({ lot }) => lot),
    );
    expect(new Set(mixes.map((lot) => classify(lot).product)).size).toBe(2);
    expect(mixes.length).toBeGreaterThanOrEqual(3);
    expect(affectedLots).toHaveLength(4);
    expect(affectedProducts).toHaveLength(3);
    expect(affectedStores.length).toBeGreaterThanOrEqual(4);
  });

  it('leaves lots that it did not touch in the same shops', () => {
    const sold = new Set(
      ofStep('retail_selling').flatMap(({ event }) =>
        quantities(event, 'quantityList').map(({ lot }) => lot),
      ),
    );
    const affected = new Set(data.story.affectedLots.map(canonicalIdentifier));
    expect([...sold].filter((lot) => !affected.has(lot)).length).toBeGreaterThan(15);
  });
});
