import type { JsonValue } from '../../identity/strict-json.ts';
import type { Names } from './names.ts';

const moments = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'long' });

/** A moment in the reader's own zone, which is named. */
export function moment(ms: number): string {
  return moments.format(ms);
}

/** UN/ECE Recommendation 20, as far as food traceability uses it most. */
const UNITS: Readonly<Record<string, string>> = {
  KGM: 'kg',
  GRM: 'g',
  TNE: 't',
  LBR: 'lb',
  LTR: 'L',
  MLT: 'mL',
  EA: 'each',
  CS: 'cases',
  PF: 'pallets',
  CEL: '\u00B0C',
  FAH: '\u00B0F',
};

/** `1200` of `KGM` is "1200 kg": digits as they were signed, none is lost or made up. */
export function withUnit(value: JsonValue, unit: JsonValue | undefined): string {
  return typeof unit === 'string' ? `${plain(value)} ${UNITS[unit] ?? unit}` : plain(value);
}

export function plain(value: JsonValue): string {
  if (value === null) return 'not set';
  return typeof value === 'object' ? JSON.stringify(value, null, 1) : String(value);
}

export interface Row {
  name: string;
  value: string;
}

/** Fields as people read them: members of a list are put together, and a quantity has its unit. */
export function rowsOf(fields: Readonly<Record<string, JsonValue>>, names: Names): Row[] {
  const rows: Row[] = [];
  const lists = new Map<string, Map<string, JsonValue[]>>();
  for (const [name, value] of Object.entries(fields)) {
    const [, list, member] = /^(.*)\[\]\.(.*)$/s.exec(name) ?? [];
    if (list === undefined || member === undefined || !Array.isArray(value)) {
      if (!isUnitOfOther(name, fields))
        rows.push({ name: shortName(name), value: names.with(withUnit(value, unitOf(name, fields))) });
      continue;
    }
    const members = lists.get(list) ?? new Map<string, JsonValue[]>();
    lists.set(list, members.set(member, value));
  }
  for (const [list, members] of lists) rows.push({ name: list, value: listText(members, names) });
  return rows.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

function listText(members: ReadonlyMap<string, readonly JsonValue[]>, names: Names): string {
  const length = Math.max(...[...members.values()].map((values) => values.length));
  return Array.from({ length }, (_, at) => {
    const unit = members.get('uom')?.[at];
    const parts = [...members].flatMap(([member, values]) => {
      const value = values[at];
      if (member === 'uom' || value === undefined || value === null) return [];
      return member === 'quantity' || member === 'value' ? withUnit(value, unit) : names.with(plain(value));
    });
    return parts.join(', ');
  }).join('\n');
}

function unitOf(name: string, fields: Readonly<Record<string, JsonValue>>): JsonValue | undefined {
  if (!/(^|\.)quantity$/i.test(name)) return undefined;
  return fields[name.replace(/quantity$/i, 'uom')] ?? fields[name.replace(/quantity$/i, 'unit')];
}

function isUnitOfOther(name: string, fields: Readonly<Record<string, JsonValue>>): boolean {
  return /(^|\.)(uom|unit)$/.test(name) && Object.hasOwn(fields, name.replace(/(uom|unit)$/, 'quantity'));
}

/** An extension's name without its namespace. */
function shortName(name: string): string {
  return name.replace(/^\{[^}]*\}/, '');
}
