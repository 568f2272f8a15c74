import { verify } from 'node:crypto';
import { Agent, request, type RequestOptions } from 'node:http';
import { LotbookError } from '../errors.ts';
import { decodeBase64url } from '../identity/base64url.ts';
import {
  KeyError,
  parsePublicJwk,
  type PublicJwk,
  type VerificationKey,
  verificationKey,
} from '../identity/jwk.ts';
import type { Signer } from '../identity/signer.ts';
import { isJsonObject, type JsonObject, parseStrictObject } from '../identity/strict-json.ts';

/** A key of an external signer. */
export interface ExternalKey {
  publicJwk: PublicJwk;
  signer: Signer;
}

const TIMEOUT_MS = 5_000;
const RETRY_MS = 1_000;
const MAX_BYTES = 64 * 1024;

/**
 * A signer in another process, which keeps the private keys: before an HSM, a key service, or a vault. It is reached at
 * `http://127.0.0.1:<port>`, or at `unix:<path of a socket>`, and answers two calls with JSON:
 *
 *     GET  /keys                                            {"keys": [<public JWK>, ...]}, the ordinary key first
 *     POST /sign {"kid", "alg", "data": <base64url>}        {"signature": <base64url of the 64 bytes of a JWS signature>}
 *
 * Each signature is verified before it is used. Rejects with SIGNER_UNAVAILABLE.
 */
export function externalSigner(address: string): { keys(): Promise<ExternalKey[]> } {
  const agent = new Agent({ keepAlive: true });
  const call = (method: string, path: string, body?: string): Promise<JsonObject> =>
    exchange({ ...target(address), agent, method, path }, body);
  const keyOf = (jwk: unknown): ExternalKey => {
    const publicJwk = parsePublicJwk(jwk);
    const key = verificationKey(publicJwk);
    return { publicJwk, signer: { kid: key.kid, alg: key.alg, sign: (data) => sign(call, key, data) } };
  };
  return {
    keys: async () => {
      const { keys } = await call('GET', '/keys');
      if (!Array.isArray(keys) || keys.length === 0) throw unavailable('names no keys');
      try {
        return keys.map(keyOf);
      } catch (error) {
        throw error instanceof KeyError
          ? unavailable(`names a key that cannot be used: ${error.message}`)
          : error;
      }
    },
  };
}

async function sign(
  call: (method: string, path: string, body?: string) => Promise<JsonObject>,
  key: VerificationKey,
  data: Uint8Array,
): Promise<Uint8Array> {
  const { kid, alg } = key;
  const body = JSON.stringify({ kid, alg, data: Buffer.from(data).toString('base64url') });
  const { signature: text } = await call('POST', '/sign', body);
  const signature = typeof text === 'string' ? decodeBase64url(text) : undefined;
  const digest = alg === 'ES256' ? 'sha256' : undefined;
  const isIts = signature && verify(digest, data, { key: key.key, dsaEncoding: 'ieee-p1363' }, signature);
  if (isIts) return signature;
  throw unavailable(`gives no signature of the key ${kid}`);
}

function target(address: string): { socketPath: string } | { host: string; port: string } {
  if (address.startsWith('unix:')) return { socketPath: address.slice('unix:'.length) };
  const { hostname: host, port } = new URL(address);
  return { host, port: port || '80' };
}

function exchange(options: RequestOptions, body: string | undefined): Promise<JsonObject> {
  return new Promise((resolve, reject) => {
    const headers = body === undefined ? {} : { 'content-type': 'application/json' };
    const asked = request({ ...options, headers, timeout: TIMEOUT_MS }, (answer) => {
      const chunks: Buffer[] = [];
      let size = 0;
      answer.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        if ((size += chunk.length) > MAX_BYTES) asked.destroy();
      });
      answer.once('error', () => reject(unavailable('broke off')));
      answer.once('end', () => {
        const parsed = parseStrictObject(Buffer.concat(chunks));
        const isGood = answer.statusCode === 200 && isJsonObject(parsed);
        if (isGood) resolve(parsed);
        else reject(unavailable(`answers ${answer.statusCode ?? 'nothing'}`));
      });
    });
    asked.once('timeout', () => {
      reject(unavailable('does not answer in time'));
      asked.destroy();
    });
    asked.once('error', () => reject(unavailable('cannot be reached')));
    asked.end(body);
  });
}

function unavailable(what: string): LotbookError {
  const message = `The signer at LOTBOOK_SIGNER_URL ${what}.`;
  return new LotbookError('SIGNER_UNAVAILABLE', message, { retryAfterMs: RETRY_MS });
}
