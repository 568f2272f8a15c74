import { z } from 'zod';
import { LotbookError } from '../errors.ts';
import {
  KeyError,
  parsePublicJwk,
  type PublicJwk,
  publicPart,
  thumbprint,
  verificationKey,
} from '../identity/jwk.ts';
import { peekClaims, signCompact, verifyCompact } from '../identity/jws.ts';
import type { Signer } from '../identity/signer.ts';
import { isOrganisationId } from '../store/organisation-id.ts';

/** A node says who it is. */
export const NODE_TYP = 'trace-node+jwt';
/** A node accepts an invitation and presents its key. */
export const ACCEPTANCE_TYP = 'trace-acceptance+jwt';

const MAX_LENGTH = 8192;
const ACCEPTANCE_SECONDS = 300;

const organisation = z.string().refine(isOrganisationId);
// Of a stranger, and shown on a terminal: no control characters.
export const nodeName = z
  .string()
  .trim()
  .min(1)
  .max(200)
  .regex(/^[^\p{Cc}\p{Surrogate}]*$/u);
export const nodeUrl = z
  .string()
  .max(2048)
  .refine((text) => /^https?:\/\//.test(text) && URL.canParse(text) && !text.endsWith('/'));

const nodeShape = z.object({ iss: organisation, name: nodeName, url: nodeUrl, iat: z.number() });
const acceptanceShape = z.object({
  iss: organisation,
  aud: organisation,
  name: nodeName,
  url: nodeUrl,
  code: z.string().regex(/^[A-Za-z0-9_-]{22}$/),
  iat: z.number(),
  jwk: z.unknown(),
});

export interface NodeIdentity {
  organisation: string;
  name: string;
  url: string;
}

export type Acceptance = NodeIdentity & { code: string; jwk: PublicJwk };

/** Seconds since 1970 go in; `now` is in ms. */
export function signNode(self: NodeIdentity, signer: Signer, now: number): Promise<string> {
  const claims = { iss: self.organisation, name: self.name, url: self.url, iat: Math.floor(now / 1000) };
  return signCompact({ typ: NODE_TYP, claims, signer });
}

/** Who the holder of a key says it is. @throws LotbookError UNVERIFIED */
export function readNode(statement: string, jwk: PublicJwk): NodeIdentity {
  const { iss, name, url } = checked(statement, NODE_TYP, jwk, nodeShape);
  return { organisation: iss, name, url };
}

export function signAcceptance(
  input: { self: NodeIdentity; jwk: PublicJwk; inviter: string; code: string; now: number },
  signer: Signer,
): Promise<string> {
  const { self, inviter, code } = input;
  const claims = {
    iss: self.organisation,
    aud: inviter,
    name: self.name,
    url: self.url,
    code,
    iat: Math.floor(input.now / 1e3),
    jwk: publicPart(input.jwk),
  };
  return signCompact({ typ: ACCEPTANCE_TYP, claims, signer });
}

/**
 * Reads an acceptance. It proves that its sender holds the key that it presents, and nothing about who that is: that is
 * what people compare fingerprints for.
 *
 * @throws LotbookError UNVERIFIED
 */
export function readAcceptance(statement: string, audience: string, now: number): Acceptance {
  const jwk = presentedKey(statement);
  const claims = checked(statement, ACCEPTANCE_TYP, jwk, acceptanceShape);
  if (claims.aud !== audience) throw unverified('it is addressed to another organisation');
  if (Math.abs(now / 1000 - claims.iat) > ACCEPTANCE_SECONDS)
    throw unverified('it is too old, or a clock is wrong');
  const { iss, name, url, code } = claims;
  return { organisation: iss, name, url, code, jwk };
}

/** A key from outside. @throws LotbookError BAD_INPUT naming `place` */
export function readJwk(input: unknown, place: string): PublicJwk {
  try {
    const jwk = parsePublicJwk(input);
    verificationKey(jwk); // off the curve: refused here, not when the first signature comes
    return jwk;
  } catch (error) {
    if (error instanceof KeyError)
      throw new LotbookError('BAD_INPUT', `The key cannot be used: ${error.message}.`, { place });
    throw error;
  }
}

function presentedKey(statement: string): PublicJwk {
  try {
    return readJwk(peekClaims(statement)?.['jwk'], 'jwk');
  } catch {
    throw unverified('it presents no usable key');
  }
}

function checked<T extends z.ZodType>(statement: string, typ: string, jwk: PublicJwk, shape: T): z.output<T> {
  const key = keyOf(jwk);
  const signed = verifyCompact(statement, { typ, keys: new Map([[key.kid, key]]), maxLength: MAX_LENGTH });
  if (!signed.ok) throw unverified(`its check says ${signed.code}`);
  const parsed = shape.safeParse(signed.claims);
  if (!parsed.success)
    throw unverified(`claim ${String(parsed.error.issues[0]?.path[0] ?? '')} is not as it must be`);
  return parsed.data;
}

function keyOf(jwk: PublicJwk) {
  try {
    return verificationKey(jwk);
  } catch {
    throw unverified(`the key ${thumbprint(jwk)} cannot be used`);
  }
}

function unverified(why: string): LotbookError {
  return new LotbookError('UNVERIFIED', `The statement of the other node does not hold: ${why}.`);
}
