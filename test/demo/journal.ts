import { expect } from 'vitest';
import { parseDocument } from '../../api/events/epcis.ts';
import { canonicalIdentifier } from '../../api/events/identifiers.ts';
import type { SeasonData } from '../../api/demo/season/season.ts';
import type { Entry, JsonObject } from '../../api/demo/season/types.ts';

/** The journal without what was declared an error. */
export function effective({ entries }: SeasonData): Entry[] {
  const declared = new Set(
    entries.filter(({ kind }) => kind === 'error declaration').map(({ event }) => event['eventID']),
  );
  return entries.filter(({ event }) => !declared.has(event['eventID']));
}

export interface Quantity {
  lot: string;
  tenths: number;
}

export function quantities(event: JsonObject, list: string): Quantity[] {
  const elements = (event[list] ?? []) as { epcClass: string; quantity: number; uom: string }[];
  return elements.map(({ epcClass, quantity, uom }) => {
    expect(uom).toBe('KGM');
    return { lot: canonicalIdentifier(epcClass), tenths: Math.round(quantity * 10) };
  });
}

export function sum(list: Quantity[]): number {
  return list.reduce((total, { tenths }) => total + tenths, 0);
}

export function notice(event: JsonObject): string {
  const documents = event['bizTransactionList'] as { type: string; bizTransaction: string }[];
  return documents.find(({ type }) => type === 'desadv')?.bizTransaction as string;
}

export function identifiersOf(value: unknown): string[] {
  if (typeof value === 'string') return /^(urn:epc:|https:\/\/id\.)/.test(value) ? [value] : [];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(identifiersOf) : [];
}

/** Every event as the parser gives it. */
export function parsed({ organisations }: SeasonData): JsonObject[] {
  return organisations.flatMap(({ documents }) =>
    documents.flatMap(({ title, json }) => {
      const result = parseDocument(JSON.stringify(json));
      if (!result.ok) throw new Error(`${title}: ${JSON.stringify(result.problems)}`);
      if (result.warnings.length > 0) throw new Error(`${title}: ${JSON.stringify(result.warnings)}`);
      return result.events as JsonObject[];
    }),
  );
}
