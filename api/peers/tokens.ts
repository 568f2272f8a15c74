import { LotbookError } from '../errors.ts';
import { signClientAssertion } from '../identity/client-assertion.ts';
import type { Signer } from '../identity/signer.ts';
import { isJsonObject } from '../identity/strict-json.ts';
import { readText, type Send } from './outbound.ts';
import { NOT_UNDERSTOOD, notLetIn, parseJson, refusalOf } from './refusal.ts';

/** Where another node is. */
export interface PeerAddress {
  /** Its base URL. */
  url: string;
  /** What its tokens are addressed to, where it is reached by another address than its public URL. */
  audience?: string;
}

export interface Tokens {
  /** An access token for a node, from memory until shortly before its end. */
  tokenFor(address: PeerAddress): Promise<string>;
  /** Forgets a token that the node refused. */
  drop(address: PeerAddress, token: string): void;
}

const TIMEOUT_MS = 15_000;
const MAX_BYTES = 64 * 1024;
/** A call may be under way for a while before the other node looks at the token. */
const REFRESH_BEFORE_END_MS = 30_000;

/** Access tokens of other nodes, fetched with assertions (RFC 7523), one fetch at a time for each. */
export function openTokens(input: {
  clientId: string;
  signer: Signer;
  now: () => number;
  randomId: () => string;
  send: Send;
}): Tokens {
  // With the key that asked for it: a token dies with that.
  const held = new Map<string, { token: string; kid: string; refreshAt: number }>();
  const fetching = new Map<string, Promise<string>>();

  const fetchToken = async ({ url, audience = url }: PeerAddress): Promise<string> => {
    const { clientId, signer, now, randomId, send } = input;
    const askedAt = now();
    const { kid } = signer;
    const assertion = await signClientAssertion(
      { clientId, audience, jti: randomId(), nowMs: askedAt },
      signer,
    );
    const form = new URLSearchParams({
      grant_type: 'client_credentials',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: assertion,
    });
    const answer = await send(`${url}/oauth/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
      body: form.toString(),
      timeoutMs: TIMEOUT_MS,
    });
    const body = parseJson(await readText(answer, MAX_BYTES));
    if (!isJsonObject(body)) throw new LotbookError('UNREACHABLE', NOT_UNDERSTOOD);
    if (answer.status === 401 || answer.status === 400) throw notLetIn();
    if (answer.status !== 200) throw refusalOf(body);
    const { access_token: token, expires_in: seconds } = body;
    if (typeof token !== 'string' || typeof seconds !== 'number') {
      throw new LotbookError('UNREACHABLE', NOT_UNDERSTOOD);
    }
    held.set(url, { token, kid, refreshAt: askedAt + seconds * 1000 - REFRESH_BEFORE_END_MS });
    return token;
  };

  return {
    tokenFor: async (address) => {
      const known = held.get(address.url);
      if (known?.kid === input.signer.kid && input.now() < known.refreshAt) return known.token;
      const running = fetching.get(address.url);
      if (running) return running;
      const started = fetchToken(address).finally(() => fetching.delete(address.url));
      fetching.set(address.url, started);
      return started;
    },
    drop: ({ url }, token) => {
      if (held.get(url)?.token === token) held.delete(url);
    },
  };
}
