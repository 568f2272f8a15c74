import type { ServerResponse } from 'node:http';
import { GraphQLError, type ExecutionResult } from 'graphql';
import type { LotbookError } from '../errors.ts';
import type { Cost } from './cost.ts';
import { DocumentError } from './engine.ts';
import { causeOf, formatError } from './errors.ts';

/** Of these the caller's HTTP client has to know, when nothing of the call was done. */
const OF_THE_CALL: ReadonlySet<string> = new Set([
  'UNAUTHENTICATED',
  'TOO_BUSY',
  'TOO_MANY_CALLS',
  'SHUTTING_DOWN',
]);

/** The result of an execution as JSON text, its errors masked; `cost` where it was counted. */
export function resultText({ data, errors }: ExecutionResult, requestId: string, cost?: Cost): string {
  const extensions = cost && { cost };
  return JSON.stringify(
    errors
      ? { errors: errors.map((error) => formatError(error, requestId)), data, extensions }
      : { data, extensions },
  );
}

/** Answers an executed operation: 200, unless the whole call failed for a reason of the call itself. */
export function answerResult(
  res: ServerResponse,
  result: ExecutionResult,
  { requestId, cost }: { requestId: string; cost: Cost },
): void {
  const failed = result.data
    ? undefined
    : result.errors?.map(causeOf).find(({ code }) => OF_THE_CALL.has(code));
  send(res, failed, failed?.status ?? 200, resultText(result, requestId, cost));
}

/** Answers what was refused before anything was executed. */
export function answerError(res: ServerResponse, error: unknown, requestId: string, status?: number): void {
  if (res.headersSent) {
    // A part must not be taken for the whole.
    res.destroy();
    return;
  }
  const errors =
    error instanceof DocumentError
      ? error.errors
      : [new GraphQLError('', { originalError: error instanceof Error ? error : new Error('unknown') })];
  const cause = causeOf(errors[0] as GraphQLError);
  const text = JSON.stringify({ errors: errors.map((each) => formatError(each, requestId)) });
  send(res, cause, status ?? cause.status, text);
}

function send(res: ServerResponse, error: LotbookError | undefined, status: number, text: string): void {
  if (res.destroyed) return;
  const retryAfterMs = error?.details.retryAfterMs ?? (status === 503 ? 1_000 : undefined);
  if (retryAfterMs !== undefined)
    res.setHeader('retry-after', String(Math.max(1, Math.ceil(retryAfterMs / 1000))));
  if (status === 401) res.setHeader('www-authenticate', 'Bearer');
  // The rest of a body that is not read is thrown away as it comes (node:http does): a connection that is closed on a
  // caller who still writes would take the answer with it.
  res.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  });
  res.end(text);
}
