import { type ServerResponse, STATUS_CODES } from 'node:http';
import { LotbookError, toLotbookError } from '../errors.ts';

/**
 * Answers an error as `application/problem+json` (RFC 9457) with the members `code`, `duty`, `place`, `requestId`.
 * When the answer has begun already, the connection is cut: the caller must not take a part for the whole.
 */
export function sendProblem(res: ServerResponse, problem: LotbookError, requestId: string): void {
  if (res.headersSent) {
    res.destroy();
    return;
  }
  const { code, status, duty, details } = problem;
  if (details.retryAfterMs !== undefined) {
    res.setHeader('Retry-After', String(Math.max(1, Math.ceil(details.retryAfterMs / 1000))));
  }
  if (status === 401) res.setHeader('WWW-Authenticate', 'Bearer');
  const body = JSON.stringify({
    type: 'about:blank',
    title: STATUS_CODES[status] ?? code,
    status,
    detail: problem.message,
    code,
    duty,
    place: details.place,
    retryAfterMs: details.retryAfterMs,
    requestId,
  });
  res.statusCode = status;
  res.setHeader('Content-Type', 'application/problem+json');
  res.setHeader('Cache-Control', 'no-store');
  res.end(body);
}

/** What the body parsers of Express throw (http-errors, by `type`), as ours; their texts may quote the input. */
export function toProblem(error: unknown): LotbookError {
  if (error instanceof LotbookError) return error;
  const { type, status } = (typeof error === 'object' && error !== null ? error : {}) as Record<
    string,
    unknown
  >;
  if (type === 'entity.too.large')
    return new LotbookError('TOO_LARGE', 'The body is larger than this node reads.');
  if (type === 'entity.parse.failed') return new LotbookError('BAD_INPUT', 'The body cannot be parsed.');
  if (typeof status === 'number' && status >= 400 && status < 500) {
    return new LotbookError(
      'BAD_INPUT',
      'The request cannot be read: check its encoding, its length and its headers.',
    );
  }
  return toLotbookError(error);
}
