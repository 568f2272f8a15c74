import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { stringifyDocument } from 'urql';
import { documentIdOf } from './document-id.ts';

/**
 * What a subscription brings, one value after another (graphql-sse's distinct connections mode).
 * @throws Error with the node's words; also where the stream is cut before its end
 */
export async function* subscribe<D, V>(
  document: TypedDocumentNode<D, V>,
  variables: V,
  signal: AbortSignal,
): AsyncGenerator<D, void> {
  const documentId = documentIdOf(document);
  const response = await fetch('/graphql', {
    method: 'POST',
    credentials: 'same-origin',
    headers: { 'content-type': 'application/json', accept: 'text/event-stream', 'lotbook-request': '1' },
    body: JSON.stringify({
      ...(documentId ? { documentId } : { query: stringifyDocument(document) }),
      variables,
    }),
    signal,
  });
  if (!response.ok || !response.body) throw new Error(await wordsOf(response));
  for await (const { event, data } of eventsOf(response.body)) {
    if (event === 'complete') return;
    if (event !== 'next') continue;
    const { data: value, errors } = JSON.parse(data) as { data?: D; errors?: { message: string }[] };
    if (errors?.[0]) throw new Error(errors[0].message);
    if (value) yield value;
  }
  throw new Error('The node stopped to answer. What came until then is shown.');
}

async function wordsOf(response: Response): Promise<string> {
  if (response.status === 401)
    return 'You are not logged in, or your session has ended: load the page again.';
  const body = (await response.json().catch(() => ({}))) as { errors?: { message: string }[] };
  return body.errors?.[0]?.message ?? 'The node does not answer.';
}

/** Server-sent events (WHATWG HTML, section 9.2.6), as far as the node writes them. */
export async function* eventsOf(
  body: ReadableStream<Uint8Array>,
): AsyncGenerator<{ event: string; data: string }> {
  const reader = body.pipeThrough(new TextDecoderStream() as TransformStream<Uint8Array, string>).getReader();
  let text = '';
  try {
    for (let step = await reader.read(); !step.done; step = await reader.read()) {
      text += step.value;
      for (let end = text.indexOf('\n\n'); end !== -1; end = text.indexOf('\n\n')) {
        const lines = text.slice(0, end).split('\n');
        text = text.slice(end + 2);
        yield { event: valueOf(lines, 'event: '), data: valueOf(lines, 'data: ') };
      }
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

function valueOf(lines: readonly string[], start: string): string {
  return (lines.find((line) => line.startsWith(start)) ?? start).slice(start.length);
}
