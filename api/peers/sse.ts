import { LotbookError } from '../errors.ts';

export interface ServerSentEvent {
  /** `message` where the sender named none; `comment` for a line that only shows life. */
  event: string;
  data: string;
}

/**
 * Reads server-sent events (WHATWG HTML, section 9.2.6; lines end in LF or CRLF). It pulls: while the consumer works,
 * nothing is read, so that a slow consumer fills the sender's socket, not this node's memory. A client library that
 * queues what it reads would defeat the sender's own care for slow readers.
 *
 * @param maxLength the longest event, in characters
 * @throws LotbookError UNREACHABLE for a longer one
 */
export async function* readEvents(
  body: AsyncIterable<Uint8Array>,
  maxLength: number,
): AsyncGenerator<ServerSentEvent> {
  const decoder = new TextDecoder();
  let rest = '';
  let event = '';
  let data: string[] = [];
  let length = 0;
  for await (const chunk of body) {
    const text = decoder.decode(chunk, { stream: true });
    const lines = text.split('\n');
    // What came before is put before the first line, not looked through again: an event may come in many pieces.
    lines[0] = rest + (lines[0] ?? '');
    rest = lines.pop() ?? '';
    for (const raw of lines) {
      const line = raw.endsWith('\r') ? raw.slice(0, -1) : raw;
      length += line.length;
      if (line === '') {
        if (data.length > 0) yield { event: event || 'message', data: data.join('\n') };
        [event, data, length] = ['', [], 0];
        continue;
      }
      const [name, value] = fieldOf(line);
      if (name === '') yield { event: 'comment', data: '' };
      else if (name === 'event') event = value;
      else if (name === 'data') data.push(value);
    }
    if (length + rest.length > maxLength) {
      throw new LotbookError('UNREACHABLE', `it sent an event longer than ${maxLength} characters`);
    }
  }
}

function fieldOf(line: string): [name: string, value: string] {
  const colon = line.indexOf(':');
  if (colon === -1) return [line, ''];
  const value = line.slice(colon + 1);
  return [line.slice(0, colon), value.startsWith(' ') ? value.slice(1) : value];
}
