import { LotbookError } from '../errors.ts';

export interface OutboundRequest {
  method: 'GET' | 'POST';
  headers: Record<string, string>;
  body?: string;
  /** Until the answer has begun, and where it is read whole, until it is read. */
  timeoutMs: number;
  signal?: AbortSignal | undefined;
}

export interface Answer {
  status: number;
  headers: Headers;
  /** Pull the bytes: what is not pulled stays in the other node's socket. */
  body: ReadableStream<Uint8Array>;
  /** Restarts the time-out, for each sign of life in an open stream. */
  extend(timeoutMs: number): void;
  /** Ends the connection, or gives it back when all was read. Always call it. */
  done(): void;
}

const NOTHING = new ReadableStream<Uint8Array>({ start: (controller) => controller.close() });

/**
 * One request to another node: http or https only, no redirect followed (an assertion or a bearer token goes to the
 * address that was pinned, nowhere else). Rejects with LotbookError UNREACHABLE; its text holds no address and no value.
 */
export async function send(url: string, request: OutboundRequest): Promise<Answer> {
  if (!/^https?:\/\//i.test(url) || !URL.canParse(url)) {
    throw new LotbookError('UNREACHABLE', 'the address is no http or https URL');
  }
  const aborter = new AbortController();
  const abort = (): void => aborter.abort(new LotbookError('UNREACHABLE', 'the call was given up'));
  const timeOut = (): void => aborter.abort(new LotbookError('UNREACHABLE', 'it did not answer in time'));
  let timer = setTimeout(timeOut, request.timeoutMs);
  const done = (): void => {
    clearTimeout(timer);
    request.signal?.removeEventListener('abort', abort);
    aborter.abort();
  };
  if (request.signal?.aborted) abort();
  request.signal?.addEventListener('abort', abort, { once: true });
  try {
    const { method, headers, body } = request;
    const response = await fetch(url, {
      method,
      headers,
      redirect: 'manual',
      signal: aborter.signal,
      ...(body !== undefined && { body }),
    });
    if (response.status >= 300 && response.status < 400) {
      throw new LotbookError('UNREACHABLE', 'it answers with a redirect: correct its address');
    }
    const extend = (timeoutMs: number): void => {
      clearTimeout(timer);
      timer = setTimeout(timeOut, timeoutMs);
    };
    const stream = (response.body ?? NOTHING) as ReadableStream<Uint8Array>;
    return { status: response.status, headers: response.headers, body: stream, extend, done };
  } catch (error) {
    done();
    throw asUnreachable(error, aborter.signal);
  }
}

/** Reads a whole answer as text and gives the connection back. @throws LotbookError UNREACHABLE */
export async function readText(answer: Answer, maxBytes: number): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  let size = 0;
  try {
    for await (const chunk of answer.body) {
      size += chunk.byteLength;
      if (size > maxBytes)
        throw new LotbookError('UNREACHABLE', `its answer is larger than ${maxBytes} bytes`);
      text += decoder.decode(chunk, { stream: true });
    }
    return text + decoder.decode();
  } catch (error) {
    throw asUnreachable(error);
  } finally {
    answer.done();
  }
}

/** What Node's fetch throws, in words for the operator: the code of the system, never the text, which holds addresses. */
export function asUnreachable(error: unknown, signal?: AbortSignal): LotbookError {
  const reason: unknown = signal?.aborted ? signal.reason : error;
  if (reason instanceof LotbookError) return reason;
  const cause = reason instanceof Error && reason.cause !== undefined ? reason.cause : reason;
  const { code } = (typeof cause === 'object' && cause !== null ? cause : {}) as { code?: unknown };
  const known = typeof code === 'string' && /^[A-Z0-9_]{3,60}$/.test(code) ? ` (${code})` : '';
  return new LotbookError('UNREACHABLE', `the connection failed${known}`);
}
