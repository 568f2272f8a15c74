import type { PinnedKeys } from '../identity/jws.ts';
import { verificationKey } from '../identity/jwk.ts';
import type { JsonValue } from '../identity/strict-json.ts';
import { membersNamed, verifyStanding } from '../ledger/statements/standing.ts';
import { verifyChange } from '../ledger/verify-change.ts';

/** A change as a partner's node keeps it, with what it was told of who may sign. */
export interface Received {
  version: number;
  token: string;
  disclosures: string[];
  mandateToken: string;
  termToken: string;
}

/**
 * Reads a change as somebody who has nothing but the owner's key: the owner's mandate names the holder and the registrar with
 * their keys, the registrar's term gives the holder the right, and the holder signed the change in it.
 */
export function receivedFaults(
  { version, token, disclosures, mandateToken, termToken }: Received,
  expected: {
    book: string;
    owner: string;
    ownerKeys: PinnedKeys;
    holder: string;
    version: number;
    field: [name: string, value: JsonValue];
  },
): string[] {
  const { book, owner, ownerKeys, holder } = expected;
  const standing = verifyStanding({ book, owner, ownerKeys, mandateToken, termToken });
  if (!standing.ok) return [`the term: ${standing.code}`];
  const { mandate, term } = standing;
  const member = membersNamed(mandate.claims).find(({ organisation }) => organisation === holder);
  if (!member || term.claims.holder !== holder) return [`${term.claims.holder} has the right, not ${holder}`];
  const key = verificationKey(member.jwk);
  const keys = new Map([[key.kid, key]]);
  const verified = verifyChange({ token, disclosures, keys, expect: { issuer: holder, book } });
  if (!verified.ok) return [`the change: ${verified.code}`];
  const { change } = verified;
  const [name, value] = expected.field;
  return [
    ...(change.term === term.claims.n ? [] : [`it was signed in term ${change.term}, not ${term.claims.n}`]),
    ...(change.ver === version && version === expected.version ? [] : [`it is version ${change.ver}`]),
    ...(change.fields[name] === value ? [] : [`${name} is ${String(change.fields[name])}`]),
  ];
}
