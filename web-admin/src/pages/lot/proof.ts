/** What a change token states of itself (schema/PROTOCOL.md), as far as people want to know. */
export interface Statement {
  /** The organisation that approved it. */
  issuer: string;
  /** RFC 7638 thumbprint of the key that signed. */
  kid: string;
  version: number;
  seq: number;
  /** Number of the term in which the issuer held the right. */
  term: number;
  /** ms since 1970 */
  at: number;
  /** Places for fields: opened, withheld, or filled with nothing. */
  slots: number;
  /** Names of the fields whose disclosure has its digest in the token. */
  proved: readonly string[];
  /** Whether all disclosures have. */
  isWhole: boolean;
}

/** A key of an organisation, as its statement in the key log has it. */
export interface SigningKey {
  kid: string;
  statement: string;
}

export type Signature = 'GOOD' | 'BAD' | 'KEY_UNKNOWN' | 'CANNOT_CHECK';

const encoder = new TextEncoder();

/** Reads a token and its disclosures; each field is proved by the digest of its disclosure (RFC 9901, section 4.2.3). */
export async function readToken(token: string, disclosures: readonly string[]): Promise<Statement> {
  const [header = '', payload = ''] = token.split('.');
  const { kid } = parsed(header) as { kid: string };
  const claims = parsed(payload) as {
    iss: string;
    ver: number;
    seq: number;
    term: number;
    iat: number;
    fields: { '...': string }[];
  };
  const digests = new Set(claims.fields.map((slot) => slot['...']));
  const opened = await Promise.all(
    disclosures.map(async (disclosure) => {
      const hash = await crypto.subtle.digest('SHA-256', encoder.encode(disclosure));
      const [, [name]] = parsed(disclosure) as [string, [string, unknown]];
      return { name, isIn: digests.has(encoded(new Uint8Array(hash))) };
    }),
  );
  return {
    issuer: claims.iss,
    kid,
    version: claims.ver,
    seq: claims.seq,
    term: claims.term,
    at: claims.iat * 1000,
    slots: claims.fields.length,
    proved: opened.filter(({ isIn }) => isIn).map(({ name }) => name),
    isWhole: opened.every(({ isIn }) => isIn),
  };
}

/** Checks the signature of a token here, in the browser: nobody has to believe the node. */
export async function checkSignature(token: string, keys: readonly SigningKey[]): Promise<Signature> {
  const [header = '', payload = '', signature = ''] = token.split('.');
  const { kid, alg } = parsed(header) as { kid: string; alg: string };
  const statement = keys.find((key) => key.kid === kid)?.statement;
  if (statement === undefined) return 'KEY_UNKNOWN';
  const { key: jwk } = parsed(statement.split('.')[1] ?? '') as { key: JsonWebKey };
  const algorithm =
    alg === 'ES256' ? { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } : { name: 'Ed25519' };
  try {
    const key = await crypto.subtle.importKey('jwk', jwk, algorithm, false, ['verify']);
    const data = encoder.encode(`${header}.${payload}`);
    return (await crypto.subtle.verify(algorithm, key, decoded(signature), data)) ? 'GOOD' : 'BAD';
  } catch {
    return 'CANNOT_CHECK';
  }
}

function parsed(text: string): unknown {
  return JSON.parse(new TextDecoder().decode(decoded(text)));
}

function decoded(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (sign) => sign.charCodeAt(0));
}

function encoded(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
}
