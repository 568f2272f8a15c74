/** Text of a page that is written as it is. */
export class Html {
  constructor(readonly text: string) {}
}

type Part = string | Html | readonly Html[] | null;

/** A page, or a part of one: whatever is put into it is text, unless it is `Html` itself. */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  let text = strings[0] ?? '';
  for (const [index, part] of parts.entries()) text += rendered(part) + (strings[index + 1] ?? '');
  return new Html(text);
}

function rendered(part: Part): string {
  if (part === null) return '';
  if (part instanceof Html) return part.text;
  if (typeof part !== 'string') return part.map(({ text }) => text).join('');
  return part.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
