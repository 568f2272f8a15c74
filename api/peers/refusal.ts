import { type ErrorCode, errorCodes, LotbookError } from '../errors.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../identity/strict-json.ts';

/** The texts of other nodes are not passed on: they may hold values. What they mean is in the code. */
const MEANING: Partial<Record<ErrorCode, string>> = {
  NOT_PERMITTED: 'it does not permit this',
  NOT_FOUND: 'it knows no such thing, or does not show it to this node',
  CONFLICT: 'it holds something else than this call assumes',
  TOO_LARGE: 'the call is larger than it takes',
  TOO_BUSY: 'it is busy',
  TOO_MANY_CALLS: 'it is called more often than it permits',
  UNABLE: 'it cannot approve for the book now',
  IN_USE: 'the book is in use there',
  SHUTTING_DOWN: 'it is stopping',
  NOT_AUTHORITY: 'it is not the authority of the book',
};

/** An error that another node answered, as `extensions.code` of GraphQL or `code` of a problem (RFC 9457), as ours. */
export function refusalOf(answered: JsonObject): LotbookError {
  const code = answered['code'];
  const { retryAfterMs, place, currentVersion } = answered;
  if (typeof code !== 'string' || !Object.hasOwn(errorCodes, code))
    return new LotbookError('UNREACHABLE', NOT_UNDERSTOOD);
  // Its own failure is no failure of this node; its refusal to authenticate is about this node as a whole.
  if (code === 'INTERNAL') return new LotbookError('UNREACHABLE', 'it has an internal error');
  if (code === 'UNAUTHENTICATED') return notLetIn();
  return new LotbookError(code as ErrorCode, MEANING[code as ErrorCode] ?? `it answers ${code}`, {
    retryAfterMs: typeof retryAfterMs === 'number' ? retryAfterMs : undefined,
    place: typeof place === 'string' && /^[\w.[\]]{1,200}$/.test(place) ? place : undefined,
    currentVersion: typeof currentVersion === 'number' ? currentVersion : undefined,
  });
}

/** The data of a GraphQL execution result. @throws LotbookError for its first error */
export function dataOf(result: JsonValue | undefined): JsonObject {
  if (!isJsonObject(result)) throw new LotbookError('UNREACHABLE', NOT_UNDERSTOOD);
  const [error] = Array.isArray(result['errors']) ? result['errors'] : [];
  if (error !== undefined) {
    const extensions = isJsonObject(error) ? error['extensions'] : undefined;
    throw refusalOf(isJsonObject(extensions) ? extensions : {});
  }
  if (!isJsonObject(result['data'])) throw new LotbookError('UNREACHABLE', NOT_UNDERSTOOD);
  return result['data'];
}

export function notLetIn(): LotbookError {
  return new LotbookError(
    'NOT_PERMITTED',
    'it does not let this node in: its people may have to confirm or resume the partnership, or this clock is wrong',
  );
}

export function parseJson(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return undefined;
  }
}

export const NOT_UNDERSTOOD = 'it answers in a way that this version does not understand';
