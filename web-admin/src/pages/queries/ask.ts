import { eventsOf } from '../../app/stream.ts';

/** What there is of an answer. */
export interface Told {
  text?: string;
  /** Why there is none. */
  wrong?: string;
}

/** An answer that streams is shown by its last part. */
const SHOWN = 200_000;

/** Sends a document of one's own, with the session of the person, and tells what comes, part by part. */
export async function ask(
  { query, variables, signal }: { query: string; variables: string; signal: AbortSignal },
  tell: (told: Told) => void,
): Promise<void> {
  try {
    const given = variables.trim() === '' ? {} : (JSON.parse(variables) as unknown);
    const isStream = /(^|\})\s*subscription\b/.test(query);
    const response = await fetch('/graphql', {
      method: 'POST',
      credentials: 'same-origin',
      headers: {
        'content-type': 'application/json',
        accept: isStream ? 'text/event-stream' : 'application/json',
        'lotbook-request': '1',
      },
      body: JSON.stringify({ query, variables: given }),
      signal,
    });
    if (!isStream || !response.ok || !response.body) return tell({ text: indented(await response.text()) });
    let text = '';
    for await (const { event, data } of eventsOf(response.body)) {
      text = `${text}${event === 'next' ? indented(data) : 'The stream has ended.'}\n`.slice(-SHOWN);
      tell({ text });
    }
  } catch (error) {
    if (signal.aborted) return;
    const isInput = error instanceof SyntaxError;
    tell({ wrong: isInput ? 'The variables are no JSON.' : 'The node does not answer.' });
  }
}

function indented(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
