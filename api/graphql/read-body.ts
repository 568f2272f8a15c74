import type { IncomingMessage } from 'node:http';
import { LotbookError } from '../errors.ts';

/**
 * The body of a request as text.
 * @throws LotbookError TOO_LARGE past `maxBytes`, as soon as that is known; BAD_INPUT for what is no UTF-8 JSON
 */
export async function readBody(req: IncomingMessage, maxBytes: number): Promise<string> {
  const type = req.headers['content-type'] ?? '';
  if (!/^application\/(graphql-response\+)?json\s*(;|$)/i.test(type)) {
    throw new LotbookError('BAD_INPUT', 'Send the body as application/json.');
  }
  if (Number(req.headers['content-length'] ?? 0) > maxBytes) throw tooLarge(maxBytes);
  const bytes = await collect(req, maxBytes);
  try {
    return utf8.decode(bytes);
  } catch {
    throw new LotbookError('BAD_INPUT', 'The body is not UTF-8.');
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

function collect(req: IncomingMessage, maxBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    req.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= maxBytes) chunks.push(chunk);
      else reject(tooLarge(maxBytes));
    });
    req.on('end', () => resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks)));
    req.on('error', reject);
    req.on('close', () => {
      if (!req.complete) reject(new LotbookError('BAD_INPUT', 'The body ended too early.'));
    });
  });
}

function tooLarge(maxBytes: number): LotbookError {
  return new LotbookError('TOO_LARGE', `A body has at most ${maxBytes} bytes.`);
}
