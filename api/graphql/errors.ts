import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import { errorCodes, LotbookError, toLotbookError, type ErrorCode } from '../errors.ts';

/** `UserError` of the contract. */
export interface UserErrorView {
  code: ErrorCode;
  message: string;
  duty: string;
  place: string | null;
  retryAfterMs: number | null;
  currentVersion: number | null;
}

export function userError(error: {
  code: ErrorCode;
  message: string;
  place?: string | undefined;
  retryAfterMs?: number | undefined;
  currentVersion?: number | undefined;
}): UserErrorView {
  const { code, message, place = null, retryAfterMs = null, currentVersion = null } = error;
  return { code, message, duty: errorCodes[code].duty, place, retryAfterMs, currentVersion };
}

/** Of these the whole call fails: nothing in its input is wrong. */
const OF_THE_CALL: ReadonlySet<ErrorCode> = new Set([
  'UNAUTHENTICATED',
  'NOT_PERMITTED',
  'TOO_BUSY',
  'TOO_MANY_CALLS',
  'SHUTTING_DOWN',
  'INTERNAL',
]);

/** The payload of a mutation: what it made, or the error that its caller can handle. */
export async function payload<T extends object>(
  work: () => Promise<T>,
): Promise<T | { error: UserErrorView }> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof LotbookError) || OF_THE_CALL.has(error.code)) throw error;
    const { code, message, details } = error;
    return { error: userError({ code, message, ...details }) };
  }
}

/** What graphql-js reports, for the caller: of what libraries throw only that something went wrong. */
export function formatError(error: GraphQLError, requestId: string): GraphQLFormattedError {
  const ours = causeOf(error);
  const { code, message, duty, details } = ours;
  const { place, retryAfterMs, currentVersion } = details;
  return {
    message,
    ...(error.locations && { locations: error.locations }),
    ...(error.path && { path: error.path }),
    extensions: { code, duty, requestId, place, retryAfterMs, currentVersion },
  };
}

/** The error behind one of graphql-js; its own are about the document or the variables. */
export function causeOf(error: GraphQLError): LotbookError {
  if (error.originalError && !(error.originalError instanceof GraphQLError))
    return toLotbookError(error.originalError);
  return new LotbookError('BAD_INPUT', error.message);
}
