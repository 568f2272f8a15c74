import { publicPart, verificationKey, type PrivateJwk } from '../../../api/identity/jwk.ts';
import { localSigner, type Signer } from '../../../api/identity/signer.ts';
import { tokenHash } from '../../../api/ledger/change.ts';
import { signMandate, type MandateClaims } from '../../../api/ledger/statements/mandate.ts';
import type { Member } from '../../../api/ledger/statements/shapes.ts';
import { signTerm, type TermClaims } from '../../../api/ledger/statements/term.ts';
import { generateKey } from '../../support/key.ts';

export const BACKUP = 'backup.example';
export const WITNESS = 'witness.example';

export interface TestMember {
  member: Member;
  jwk: PrivateJwk;
  signer: Signer;
}

export function memberOf(organisation: string, jwk = generateKey()): TestMember {
  const url = `https://${organisation}`;
  const member = { organisation, name: organisation, url, jwk: publicPart(jwk) };
  return { member, jwk, signer: localSigner(jwk) };
}

export function keysOf({ member }: TestMember) {
  const key = verificationKey(member.jwk);
  return new Map([[key.kid, key]]);
}

/** The owner of a book, who is its primary, with a backup and a witness; what they sign. */
export class TestMandates {
  readonly backup = memberOf(BACKUP);
  readonly witness = memberOf(WITNESS);
  readonly owner: TestMember;
  readonly #book: string;

  constructor(book: string, owner: TestMember) {
    this.#book = book;
    this.owner = owner;
  }

  mandate(given: Partial<MandateClaims> = {}): Promise<string> {
    const claims = {
      iss: this.owner.member.organisation,
      book: this.#book,
      m: 1,
      iat: 1_795_000_000,
      primary: this.owner.member,
      backup: this.backup.member,
      witness: this.witness.member,
      mode: 'strict' as const,
      leaseMs: 1_000,
      drift: 0.01,
      takeoverMs: 1_000,
      handBack: 'auto' as const,
      term: 2,
      ...given,
    };
    return signMandate(claims, this.owner.signer);
  }

  /** Signed by the witness. The holder is the backup in terms of even numbers. */
  term(n: number, given: Partial<TermClaims> & { after?: string } = {}, by = this.witness): Promise<string> {
    const { after, ...rest } = given;
    const { organisation } = this.owner.member;
    const claims: TermClaims = {
      iss: by.member.organisation,
      book: this.#book,
      n,
      m: 1,
      iat: 1_795_000_000 + n,
      holder: n % 2 === 0 ? BACKUP : organisation,
      insync: [organisation, BACKUP].sort(),
      registrar: by.member.organisation,
      len: 0,
      head: tokenHash('the log'),
      why: 'take-over',
      ...(after === undefined ? {} : { prev: tokenHash(after) }),
      ...rest,
    };
    return signTerm(claims, by.signer);
  }
}
