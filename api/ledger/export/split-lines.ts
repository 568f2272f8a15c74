import { ExportFault } from './fault.ts';

/** The longest line: an entry of the largest token, with all its disclosures. */
const MAX_LINE_BYTES = 16 * 1024 * 1024;
const LINE_FEED = 10;

/**
 * The lines of a file from its bytes, in whatever pieces they come, one at a time. Each is UTF-8 in its one spelling and
 * ends with a line feed.
 *
 * @throws ExportFault for the line that is not
 */
export async function* splitLines(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): AsyncGenerator<string, void> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  let nr = 1;
  let parts: Uint8Array[] = [];
  let length = 0;
  const text = (): string => {
    try {
      const decoded = parts.map((part) => decoder.decode(part, { stream: true })).join('') + decoder.decode();
      [parts, length] = [[], 0];
      nr += 1;
      return decoded;
    } catch {
      throw new ExportFault(nr, 'NOT_UTF8', 'the line is not UTF-8');
    }
  };
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(LINE_FEED); end !== -1; end = chunk.indexOf(LINE_FEED, start)) {
      parts.push(chunk.subarray(start, end));
      start = end + 1;
      yield text();
    }
    // A copy: whoever gives the pieces may fill the same memory again.
    const rest = chunk.slice(start);
    if (rest.length > 0) parts.push(rest);
    length += rest.length;
    if (length > MAX_LINE_BYTES) throw new ExportFault(nr, 'LINE_TOO_LONG', 'the line has no end');
  }
  if (parts.length > 0) throw new ExportFault(nr, 'LINE_CUT', 'the last line is cut off');
}
