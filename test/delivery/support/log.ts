import { createHash } from 'node:crypto';
import type { JsonValue } from '../../../api/events/value.ts';
import { verificationKey } from '../../../api/identity/jwk.ts';
import { localSigner, type Signer } from '../../../api/identity/signer.ts';
import type { LogKind, RecordKind } from '../../../api/ledger/change.ts';
import { issueChange } from '../../../api/ledger/issue.ts';
import { grantFromFields, grantToFields, type Grant, type GrantTerms } from '../../../api/sharing/grant.ts';
import { namesGranted } from '../../../api/sharing/permitted.ts';
import { attributesOf } from '../../../api/sharing/subject.ts';
import { isChange, type KeyedChange, type KeyedEntry } from '../../../api/store/entries.ts';
import { audience, grantTerms } from '../../support/grant.ts';
import { generateKey } from '../../support/key.ts';

export const AUTHORITY = 'green.example';
export const BOOK = 'green.example/main';
export const PARTNER = { organisation: 'fish.example', groups: [], roles: [] };

const jwk = generateKey();
/** Of `AUTHORITY`. */
export const ownerJwk = jwk;
export const signer = localSigner(jwk);
const verification = verificationKey(jwk);
export const keys = new Map([[verification.kid, verification]]);

export function terms(given: Partial<GrantTerms> = {}): GrantTerms {
  return grantTerms({ audience: audience(PARTNER.organisation), ...given });
}

const LOG_ONLY = {
  book: BOOK,
  record: 'urn:lotbook:term',
  version: 1,
  state: null,
  disclosures: null,
  request: '00000000-0000-0000-0000-000000000000',
};

/** A book in memory, with really sealed changes. Its clock moves by a second for each entry. */
export class Log {
  readonly entries: KeyedEntry[] = [];
  /** Who approves. */
  authority: { issuer: string; signer: Signer; term: number } = { issuer: AUTHORITY, signer, term: 1 };
  readonly grants: Grant[] = [];
  now = Date.parse('2026-07-01T00:00:00Z');
  #heads = new Map<string, { version: number; hash: string; key: Uint8Array }>();

  get changes(): KeyedChange[] {
    return this.entries.filter(isChange);
  }

  /** An entry that changes no record. */
  add(kind: LogKind, token: string): KeyedEntry {
    const seq = this.entries.length + 1;
    const entry = { ...LOG_ONLY, seq, kind, at: new Date((this.now += 1000)), token };
    this.entries.push({ entry, key: null });
    return { entry, key: null };
  }

  async change(kind: RecordKind, record: string, state: Record<string, JsonValue>): Promise<KeyedChange> {
    this.now += 1000;
    const head = this.#heads.get(record);
    const seq = this.entries.length + 1;
    const version = (head?.version ?? 0) + 1;
    const key = head?.key ?? createHash('sha256').update(record).digest();
    const request = `00000000-0000-4000-8000-${String(seq).padStart(12, '0')}`;
    const { token, hash } = await issueChange(
      {
        issuer: this.authority.issuer,
        book: BOOK,
        record,
        kind,
        seq,
        term: this.authority.term,
        state,
        recordKey: key,

        atMs: this.now,
        jti: `jti-${seq}`,
        txn: request,
        ver: version,
        prev: head?.hash,
        alsoNames: namesGranted(this.grants, attributesOf(kind, record, state), this.now),
        slotKey: createHash('sha256').update('slots').digest(),
      },
      this.authority.signer,
    );
    this.#heads.set(record, { version, hash, key });
    const at = new Date(this.now);
    const entry = { book: BOOK, seq, kind, record, version, at, token, state, disclosures: null, request };
    const keyed = { entry, key };
    this.entries.push(keyed);
    return keyed;
  }

  async grant(name: string, given: Partial<GrantTerms> = {}): Promise<Grant> {
    const fields = grantToFields(terms(given));
    const { entry } = await this.change('GRANT', `urn:lotbook:grant:${name}`, fields);
    const grant = grantFromFields({ id: entry.record, version: 1, since: entry.seq }, fields);
    this.grants.push(grant);
    return grant;
  }

  async endGrant(grant: Grant): Promise<void> {
    const until = this.now;
    const fields = grantToFields({ ...grant, until });
    const { entry } = await this.change('GRANT', grant.id, fields);
    const ended = grantFromFields({ id: grant.id, version: entry.version, since: grant.since }, fields);
    this.grants[this.grants.indexOf(grant)] = ended;
  }
}
