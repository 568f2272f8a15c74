import { lookup as resolve } from 'node:dns';
import {
  Agent as HttpAgent,
  type ClientRequest,
  type IncomingMessage,
  request as httpRequest,
} from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { LotbookError } from '../errors.ts';
import { ANY_NETWORK, type Networks } from './networks.ts';

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
  body: AsyncIterable<Uint8Array>;
  /** Restarts the time-out, for each sign of life in an open stream. */
  extend(timeoutMs: number): void;
  /** Ends the connection, or gives it back when all was read. Always call it. */
  done(): void;
}

/**
 * One request to another node or to a partner's program: http or https only, to an address that the networks allow, no redirect
 * followed (an assertion or a bearer token goes to the address that was pinned, nowhere else). Rejects with LotbookError
 * UNREACHABLE; its text holds no address and no value.
 */
export type Send = (url: string, request: OutboundRequest) => Promise<Answer>;

/**
 * The one way by which addresses that others name are called. A name is looked up once, and the connection is made to what was
 * found and allowed then: it cannot lead elsewhere a moment later. The operator's own settings - the OpenID provider, the signer -
 * are called where they say.
 */
export function openOutbound(networks: Networks): Send {
  const agents = {
    'http:': new HttpAgent({ keepAlive: true }),
    'https:': new HttpsAgent({ keepAlive: true }),
  };
  const lookup: LookupFunction = (name, options, callback) => {
    resolve(name, { ...options, all: true }, (error, found) => {
      const allowed = found?.filter(({ address }) => networks.allows(address)) ?? [];
      const [first] = allowed;
      if (error) callback(error, '');
      else if (!first) callback(notAllowed(), '');
      else if (options.all) callback(null, allowed);
      else callback(null, first.address, first.family);
    });
  };
  return async (given, request) => {
    const url = URL.canParse(given) ? new URL(given) : null;
    if (url?.protocol !== 'http:' && url?.protocol !== 'https:')
      throw new LotbookError('UNREACHABLE', 'the address is no http or https URL');
    const host = url.hostname.replace(/^\[|\]$/g, '');
    if (isIP(host) !== 0 && !networks.allows(host)) throw notAllowed();
    const call = url.protocol === 'https:' ? httpsRequest : httpRequest;
    const { method, headers } = request;
    return exchange(call(url, { method, headers, lookup, agent: agents[url.protocol] }), request);
  };
}

/** For the operator's own programs, which call the operator's own node. */
export const sendAnywhere: Send = openOutbound(ANY_NETWORK);

async function exchange(sent: ClientRequest, { body, timeoutMs, signal }: OutboundRequest): Promise<Answer> {
  let answer: IncomingMessage | undefined;
  const fail = (reason: string): void =>
    void (answer ?? sent).destroy(new LotbookError('UNREACHABLE', reason));
  const abort = (): void => fail('the call was given up');
  const timeOut = (): void => fail('it did not answer in time');
  let timer = setTimeout(timeOut, timeoutMs);
  const done = (): void => {
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
    if (!answer?.complete) (answer ?? sent).destroy();
  };
  signal?.addEventListener('abort', abort, { once: true });
  try {
    answer = await new Promise<IncomingMessage>((resolve, reject) => {
      // Also what comes when nobody waits any more.
      sent.on('error', reject);
      sent.once('response', resolve);
      if (signal?.aborted) abort();
      else sent.end(body);
    });
    // Whoever reads it is told; nobody else has to be.
    answer.on('error', () => undefined);
    const { statusCode: status = 0, rawHeaders } = answer;
    if (status >= 300 && status < 400)
      throw new LotbookError('UNREACHABLE', 'it answers with a redirect: correct its address');
    const extend = (nextMs: number): void => {
      clearTimeout(timer);
      timer = setTimeout(timeOut, nextMs);
    };
    return { status, headers: headersOf(rawHeaders), body: answer, extend, done };
  } catch (error) {
    done();
    throw asUnreachable(error);
  }
}

function headersOf(raw: readonly string[]): Headers {
  const headers = new Headers();
  for (let at = 0; at < raw.length; at += 2) headers.append(raw[at] ?? '', raw[at + 1] ?? '');
  return headers;
}

function notAllowed(): LotbookError {
  const message = 'its address is in a network that this node may not call: see LOTBOOK_OUTBOUND_NETWORKS';
  return new LotbookError('UNREACHABLE', message);
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

/** What Node throws, in words for the operator: the code of the system, never the text, which holds addresses. */
export function asUnreachable(error: unknown): LotbookError {
  if (error instanceof LotbookError) return error;
  const { code } = (typeof error === 'object' && error !== null ? error : {}) as { code?: unknown };
  const known = typeof code === 'string' && /^[A-Z0-9_]{3,60}$/.test(code) ? ` (${code})` : '';
  return new LotbookError('UNREACHABLE', `the connection failed${known}`);
}
