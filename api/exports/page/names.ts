import type { JsonValue } from '../../identity/strict-json.ts';

/** The fields by which records are called. */
const NAME_FIELDS = ['name', 'description', 'title'];

/** What places, products, parties and others are called, as far as the export tells it. */
export class Names {
  readonly #byKey = new Map<string, string>();

  take(id: string, fields: Readonly<Record<string, JsonValue>>): void {
    const name = NAME_FIELDS.map((field) => fields[field]).find((value) => typeof value === 'string');
    if (typeof name === 'string') this.#byKey.set(keyOf(id), name);
  }

  of(id: string): string | undefined {
    return this.#byKey.get(keyOf(id));
  }

  /** A value with what it is called, if it is the id of something that has a name. */
  with(value: string): string {
    const name = this.of(value);
    return name === undefined ? value : `${name} (${value})`;
  }
}

/** GS1 Digital Links of one key are one thing, whoever resolves them. */
function keyOf(id: string): string {
  return id.replace(/^https?:\/\/[^/]+(?=\/\d{2,4}\/)/, '');
}
