import { unflatten, type Fields } from './fields.ts';
import { STANDARD_PREFIXES } from './prefixes.ts';
import { isObject, NumberText, type JsonObject, type JsonValue } from './value.ts';
import { writeJson } from './write-json.ts';

/** The context that EPCIS 2.0 documents are read by. */
const EPCIS_CONTEXT = 'https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld';

const QUANTITIES = ['quantityList', 'childQuantityList', 'inputQuantityList', 'outputQuantityList'];
const READINGS = ['value', 'minValue', 'maxValue', 'meanValue', 'sDev', 'percRank', 'percValue'];

/** The fields whose canonical decimals are JSON numbers in EPCIS. */
const DECIMAL_FIELDS: ReadonlySet<string> = new Set([
  ...QUANTITIES.map((list) => `${list}[].quantity`),
  ...READINGS.map((reading) => `sensorElementList[].sensorReport[].${reading}`),
]);

/**
 * An event record, or any part of one, as one EPCIS 2.0 JSON-LD event with its `@context`, as JSON text. Decimals are JSON
 * numbers with exactly their digits.
 */
export function toEpcis(fields: Readonly<Fields>): string {
  const namespaces = new Namespaces();
  const event = prefixed(fields, namespaces);
  return writeJson({ '@context': namespaces.context(), ...event });
}

/**
 * An EPCISDocument that is written event by event: which prefixes its context has is known when all events are written, so that
 * `head` comes after them, and before them in the document.
 */
export class EpcisDocumentWriter {
  private readonly namespaces = new Namespaces();
  private count = 0;

  /** The text of the next event, with the comma before it. */
  event(fields: Readonly<Fields>): string {
    const text = writeJson(prefixed(fields, this.namespaces));
    this.count += 1;
    return this.count === 1 ? text : `,\n${text}`;
  }

  /** `creationDate` is a date and time with zone. */
  head(creationDate: string): string {
    const about = {
      '@context': this.namespaces.context(),
      type: 'EPCISDocument',
      schemaVersion: '2.0',
      creationDate,
    };
    return `${writeJson(about).slice(0, -1)},"epcisBody":{"eventList":[\n`;
  }

  readonly end = '\n]}}\n';
}

/** The answer to an EPCIS query: an EPCISQueryDocument of events, as JSON text. */
export function epcisQueryDocument(
  events: readonly Readonly<Fields>[],
  creationDate: string,
  query: { queryName?: string; subscriptionID?: string } = {},
): string {
  const namespaces = new Namespaces();
  const eventList = events.map((fields) => prefixed(fields, namespaces));
  return writeJson({
    '@context': namespaces.context(),
    type: 'EPCISQueryDocument',
    schemaVersion: '2.0',
    creationDate,
    epcisBody: { queryResults: { queryName: 'SimpleEventQuery', ...query, resultsBody: { eventList } } },
  });
}

function prefixed(fields: Readonly<Fields>, namespaces: Namespaces): Record<string, unknown> {
  const numbered: Fields = {};
  for (const [name, value] of Object.entries(fields)) {
    numbered[name] = DECIMAL_FIELDS.has(name) ? (toNumbers(value) as JsonValue) : value;
  }
  return namespaces.rename(unflatten(numbered)) as Record<string, unknown>;
}

function toNumbers(value: JsonValue): unknown {
  if (Array.isArray(value)) return value.map(toNumbers);
  return typeof value === 'string' ? new NumberText(value) : value;
}

const CLARK = /^\{([^{}]+)\}(.+)$/s;

/** Gives each namespace a prefix: the standard's own where it has one, else ext1, ext2 in order of first use. */
class Namespaces {
  private readonly prefixes = new Map<string, string>();

  rename(value: unknown): unknown {
    if (value instanceof NumberText) return value;
    if (Array.isArray(value)) return value.map((element) => this.rename(element));
    if (!isObject(value)) return value;
    const result: Record<string, unknown> = {};
    for (const [key, member] of Object.entries(value as JsonObject))
      result[this.name(key)] = this.rename(member);
    return result;
  }

  context(): unknown[] {
    const own = [...this.prefixes].filter(
      ([namespace, prefix]) => STANDARD_PREFIXES.get(prefix) !== namespace,
    );
    const terms = Object.fromEntries(own.map(([namespace, prefix]) => [prefix, namespace]));
    return own.length === 0 ? [EPCIS_CONTEXT] : [EPCIS_CONTEXT, terms];
  }

  private name(key: string): string {
    const clark = CLARK.exec(key);
    if (clark === null) return key;
    return `${this.prefix(clark[1] as string)}:${clark[2]}`;
  }

  private prefix(namespace: string): string {
    let prefix = this.prefixes.get(namespace);
    if (prefix === undefined) {
      const standard = [...STANDARD_PREFIXES].find(([, known]) => known === namespace);
      prefix = standard?.[0] ?? `ext${this.prefixes.size + 1}`;
      this.prefixes.set(namespace, prefix);
    }
    return prefix;
  }
}
