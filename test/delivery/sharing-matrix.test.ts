import { describe, expect, test } from 'vitest';
import { type CountedRecord, countShares, supposed } from '../../api/delivery/sharing-matrix.ts';
import type { Grant, GrantTerms } from '../../api/sharing/grant.ts';

const NOW = Date.parse('2026-07-01T00:00:00Z');
const SHOP = { organisation: 'shop.example', groups: ['retail'], roles: [] };
const AGENCY = { organisation: 'agency.example', groups: [], roles: [] };

const terms = (given: Partial<GrantTerms>): GrantTerms => ({
  right: 'READ',
  audience: { organisations: ['shop.example'], groups: [], roles: [], public: false },
  selector: { kinds: [], products: [], lots: [], records: [], from: null, until: null },
  fields: ['quantity'],
  purpose: 'traceability',
  from: null,
  until: null,
  backfill: true,
  title: null,
  ...given,
});

const lot = (id: string, seq: number, names: readonly string[]): CountedRecord => ({
  subject: { id, seq, at: NOW - 1_000, kind: 'LOT', products: [], lots: [id], time: null },
  names,
});

const RECORDS = [lot('a', 1, ['quantity', 'price']), lot('b', 5, ['quantity'])];
const grant = (id: string, since: number, given: Partial<GrantTerms> = {}): Grant => ({
  ...terms(given),
  id,
  version: 1,
  since,
});

describe('the matrix of fields by partners', () => {
  test('counts what each may see, and by which rule; who sees nothing is not in it', () => {
    expect(countShares(RECORDS, [SHOP, AGENCY], [grant('g', 0)], NOW)).toEqual([
      { kind: 'LOT', name: 'price', records: 1, partners: [] },
      {
        kind: 'LOT',
        name: 'quantity',
        records: 2,
        partners: [{ organisation: 'shop.example', records: 2, anew: 2, grants: ['g'] }],
      },
    ]);
  });

  test('tells what is seen already from what is seen of records to come', () => {
    const [, quantity] = countShares(RECORDS, [SHOP], [grant('g', 3, { backfill: false })], NOW);
    expect(quantity?.partners).toMatchObject([{ records: 1, anew: 2 }]);
  });

  test('shows a rule that is only tried, and what is missing without one, and changes neither', () => {
    const grants = [grant('old', 0)];
    const whatIf = {
      add: [{ id: 'new', terms: terms({ fields: ['price'], backfill: false }) }],
      end: ['old'],
    };
    const [price, quantity] = countShares(RECORDS, [SHOP], supposed(grants, whatIf, NOW), NOW);
    expect(price?.partners).toMatchObject([{ records: 0, anew: 1, grants: ['new'] }]);
    expect(quantity?.partners).toEqual([]);
    expect(grants).toEqual([grant('old', 0)]);
  });
});
