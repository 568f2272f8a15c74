import { LotbookError } from '../errors.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../identity/strict-json.ts';
import { asUnreachable, readText, type Send } from './outbound.ts';
import { NOT_UNDERSTOOD, parseJson, refusalOf } from './refusal.ts';

const MAX_BYTES = 64 * 1024;
const MAX_KEY_LOG_BYTES = 16 * 1024 ** 2;
const TIMEOUT_MS = 20_000;

/** What a node says about itself, unverified: its `/.well-known/lotbook` and the keys of its JWK Set. */
export function wellKnown(send: Send, url: string): Promise<{ document: JsonObject; keys: JsonValue[] }> {
  return withStranger(async () => {
    const [document, jwks] = await Promise.all(
      ['lotbook', 'jwks.json'].map((name) => getJson(send, `${url}/.well-known/${name}`)),
    );
    const keys = isJsonObject(jwks) ? jwks['keys'] : undefined;
    if (!isJsonObject(document) || !Array.isArray(keys))
      throw new LotbookError('UNREACHABLE', NOT_UNDERSTOOD);
    return { document, keys };
  });
}

/** The statements of the key log of a node, unverified. */
export function keyLog(send: Send, url: string): Promise<string[]> {
  return withStranger(async () => {
    const document = await getJson(send, `${url}/.well-known/lotbook/keys`, MAX_KEY_LOG_BYTES);
    const statements = isJsonObject(document) ? document['statements'] : undefined;
    if (!Array.isArray(statements) || !statements.every((token) => typeof token === 'string'))
      throw new LotbookError('UNREACHABLE', NOT_UNDERSTOOD);
    return statements;
  });
}

/** Sends a signed statement to an endpoint that takes it without a token. */
export function post(send: Send, url: string, statement: string): Promise<JsonObject> {
  return withStranger(async () => {
    const headers = {
      'content-type': 'application/jose',
      accept: 'application/json, application/problem+json',
    };
    const answer = await send(url, { method: 'POST', headers, body: statement, timeoutMs: TIMEOUT_MS });
    const body = parseJson(await readText(answer, MAX_BYTES));
    if (!isJsonObject(body)) throw new LotbookError('UNREACHABLE', NOT_UNDERSTOOD);
    if (answer.status >= 400) throw refusalOf(body);
    return body;
  });
}

async function getJson(send: Send, url: string, maxBytes = MAX_BYTES): Promise<JsonValue | undefined> {
  const answer = await send(url, {
    method: 'GET',
    headers: { accept: 'application/json' },
    timeoutMs: TIMEOUT_MS,
  });
  const text = await readText(answer, maxBytes);
  if (answer.status === 200) return parseJson(text);
  throw new LotbookError('UNREACHABLE', `it answers ${answer.status} where a Lotbook node says who it is`);
}

/** Before a node is a partner nobody has named it; what went wrong is told of "the other node". */
async function withStranger<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const { code, message, details } = asUnreachable(error);
    throw new LotbookError(code, `The other node: ${message}.`, details);
  }
}
