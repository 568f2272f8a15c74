import type { Request, Response } from 'express';
import type { Reading } from '../../delivery/reading.ts';
import { LotbookError } from '../../errors.ts';
import type { Caller } from '../../sharing/caller.ts';
import type { Database } from '../../store/database.ts';
import type { CaptureServices } from './capture.ts';

/** What the handlers need of the node. */
export interface EpcisServices extends CaptureServices {
  reading: Reading;
  db: Pick<Database, 'prisma'>;
  config: { maxBodyBytes: number };
}

export const MEDIA_TYPES = ['application/json', 'application/ld+json'];

/** @throws LotbookError BAD_INPUT for another media type, or what is no UTF-8 */
export function textOf(req: Request): string {
  const body: unknown = req.body;
  if (!Buffer.isBuffer(body)) {
    throw new LotbookError('BAD_INPUT', `Send the document as ${MEDIA_TYPES.join(' or ')}.`, {
      place: 'Content-Type',
    });
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch {
    throw new LotbookError('BAD_INPUT', 'The document is not UTF-8.');
  }
}

export function parametersOf(req: Request): URLSearchParams {
  return new URL(req.originalUrl, 'http://node').searchParams;
}

/** Answers JSON text in the media type that was asked for. */
export function sendJson(req: Request, res: Response, text: string): void {
  const type = req.accepts(MEDIA_TYPES) || 'application/json';
  res.set('Content-Type', `${type}; charset=utf-8`).send(Buffer.from(text));
}

/**
 * The book that a call is about: the named one, or the only one that there is.
 * @throws LotbookError BAD_INPUT where there are several; NOT_FOUND where there is none
 */
export async function bookOf(reading: Reading, caller: Caller, named: string | null): Promise<string> {
  if (named !== null) return named;
  const books = await reading.books(caller);
  const own = books.filter(
    ({ localCopy, owner }) => !localCopy && (!caller.own || owner === caller.organisation),
  );
  const [book, another] = own.length > 0 ? own : books;
  if (!book) throw new LotbookError('NOT_FOUND', 'There is no book that you may see.', { place: 'book' });
  if (!another) return book.id;
  throw new LotbookError('BAD_INPUT', 'There are several books: name one with ?book=', { place: 'book' });
}
