/** What is changed of a record: the new text of each field; null unsets it. */
export type Draft = Readonly<Record<string, string | null>>;

/** How a value stands in an input: texts as they are, everything else as JSON. */
export function inputOf(value: unknown): string {
  if (value === null || value === undefined) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** The fields of a save. `before`: what the record holds, for a list stays a list and a truth value one. */
export function fieldsOf(draft: Draft, before: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(draft).map(([name, text]) => [name, text === null ? null : valueOf(text, before[name])]),
  );
}

function valueOf(text: string, before: unknown): unknown {
  const isText =
    typeof before === 'string' || (before === undefined && !/^(\[.*\]|\{.*\}|true|false)$/s.test(text));
  if (isText) return text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
