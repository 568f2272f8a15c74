import { LotbookError } from '../errors.ts';
import type { Signer } from '../identity/signer.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../identity/strict-json.ts';
import { type Answer, asUnreachable, readText, type Send } from './outbound.ts';
import { dataOf, NOT_UNDERSTOOD, notLetIn, parseJson, refusalOf } from './refusal.ts';
import { readEvents } from './sse.ts';
import { openStanding, type StandingInput } from './standing.ts';
import { keyLog, post, wellKnown } from './stranger.ts';
import { openTokens, type PeerAddress } from './tokens.ts';

type Variables = Readonly<Record<string, unknown>>;

/** The only way out of a node. Everything rejects with LotbookError: UNREACHABLE, NOT_PERMITTED, or what was answered. */
export interface Peers {
  /** The data of a query or mutation at another organisation's node. */
  call(organisation: string, document: string, variables: Variables, limits: CallLimits): Promise<JsonObject>;
  /**
   * The data of a subscription, value by value (GraphQL over SSE, distinct connections). Ends when the node completes
   * it or `signal` aborts. A value is pulled from the network only when the one before it was taken.
   */
  subscribe(
    organisation: string,
    document: string,
    variables: Variables,
    limits: { signal: AbortSignal },
  ): AsyncGenerator<JsonObject, void>;
  /** The answer of another organisation's node to what is posted to one of its doors, as parsed JSON. */
  exchange(organisation: string, path: string, body: string, limits: CallLimits): Promise<JsonValue>;
  /** What a node says about itself, unverified: its `/.well-known/lotbook` and the keys of its JWK Set. */
  wellKnown(url: string): Promise<{ document: JsonObject; keys: JsonValue[] }>;
  /** The statements of the key log of a node, unverified. */
  keyLog(url: string): Promise<string[]>;
  /** Sends a signed statement to an endpoint that takes it without a token. */
  post(url: string, statement: string): Promise<JsonObject>;
}

export interface CallLimits {
  timeoutMs: number;
  signal?: AbortSignal;
}

export interface PeersInput extends StandingInput {
  self: { organisation: string };
  signer: Signer;
  now: () => number;
  randomId: () => string;
  send: Send;
}

const MAX_BYTES = 16 * 1024 ** 2;
const CONNECT_TIMEOUT_MS = 20_000;
/** A stream without even a heartbeat for so long is dead: partners send one every 15 s unless they changed that. */
const SILENCE_MS = 120_000;
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export function openPeers(input: PeersInput): Peers {
  const { now, randomId, signer, send } = input;
  const tokens = openTokens({ clientId: input.self.organisation, signer, now, randomId, send });
  const { at, explain } = openStanding(input);

  /** Sends with a bearer token. A token that is refused is replaced once; what is refused then stays refused. */
  const authorised = async (address: PeerAddress, request: Request): Promise<Answer> => {
    for (const attempt of [1, 2]) {
      const token = await tokens.tokenFor(address);
      const answer = await send(`${address.url}${request.path ?? '/graphql'}`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${token}`,
          'content-type': 'application/json',
          accept: request.accept,
        },
        body: request.body,
        timeoutMs: request.timeoutMs,
        signal: request.signal,
      });
      if (answer.status !== 401) return answer;
      answer.done();
      tokens.drop(address, token);
      if (attempt === 2) break;
    }
    throw notLetIn();
  };

  return {
    call: (organisation, query, variables, { timeoutMs, signal }) =>
      at(organisation, async (address) => {
        const body = JSON.stringify({ query, variables });
        const accept = 'application/graphql-response+json, application/json';
        const answer = await authorised(address, { body, accept, timeoutMs, signal });
        return resultOf(answer.status, parseJson(await readText(answer, MAX_BYTES)));
      }),

    exchange: (organisation, path, body, { timeoutMs, signal }) =>
      at(organisation, async (address) => {
        const request = { path, body, accept: 'application/json', timeoutMs, signal };
        const { status, ...answer } = await authorised(address, request);
        const parsed = readJson(await readText({ status, ...answer }, MAX_BYTES));
        if (status >= 400 && isJsonObject(parsed)) throw refusalOf(parsed);
        if (status !== 200) throw new LotbookError('UNREACHABLE', NOT_UNDERSTOOD);
        return parsed;
      }),

    subscribe: async function* (organisation, query, variables, { signal }) {
      const body = JSON.stringify({ query, variables });
      const request = { body, accept: 'text/event-stream', timeoutMs: CONNECT_TIMEOUT_MS, signal };
      const answer = await at(organisation, async (address) =>
        openStream(await authorised(address, request)),
      );
      try {
        for await (const { event, data } of readEvents(answer.body, MAX_BYTES)) {
          if (event === 'complete') return;
          // While the consumer works nothing is read, and silence says nothing.
          answer.extend(LONGEST_TIMER_MS);
          if (event === 'next') yield dataOf(parseJson(data));
          answer.extend(SILENCE_MS);
        }
        throw new LotbookError('UNREACHABLE', 'the stream broke off');
      } catch (error) {
        if (signal.aborted) return;
        throw explain(organisation, asUnreachable(error));
      } finally {
        answer.done();
      }
    },

    wellKnown: (url) => wellKnown(send, url),
    keyLog: (url) => keyLog(send, url),
    post: (url, statement) => post(send, url, statement),
  };
}

/** Large, and checked by its reader: the platform's own parser will do. */
function readJson(text: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    throw new LotbookError('UNREACHABLE', NOT_UNDERSTOOD);
  }
}

interface Request {
  /** That of GraphQL when absent. */
  path?: string;
  body: string;
  accept: string;
  timeoutMs: number;
  signal: AbortSignal | undefined;
}

async function openStream(answer: Answer): Promise<Answer> {
  if (answer.headers.get('content-type')?.startsWith('text/event-stream')) {
    answer.extend(SILENCE_MS);
    return answer;
  }
  // Refused before it began: an ordinary answer with errors, or a problem.
  resultOf(answer.status, parseJson(await readText(answer, MAX_BYTES)));
  throw new LotbookError('UNREACHABLE', NOT_UNDERSTOOD);
}

function resultOf(status: number, body: JsonValue | undefined): JsonObject {
  if (status >= 400 && isJsonObject(body) && !('errors' in body)) throw refusalOf(body);
  return dataOf(body);
}
