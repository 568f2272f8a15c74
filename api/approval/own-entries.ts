import { keyRecord } from '../identity/key-state.ts';
import { sha256 } from '../identity/sha256.ts';
import { signDecision } from '../ledger/statements/decision.ts';
import type { NewEntry } from '../store/commit.ts';
import type { LogStatement, PreparedUpdate } from './update.ts';

/** Where another node may have to stand by it, a refusal is an entry of the log. `code` is null where a person refused. */
export function decisionStatement(
  { organisation, book, jti }: { organisation: string; book: string; jti: () => string },
  { id, requester, input, contentHash }: PreparedUpdate,
  code: string | null,
): LogStatement {
  return {
    kind: 'DECISION',
    record: `urn:lotbook:request:${id}`,
    version: 1,
    sign: ({ seq, term, mandate, atMs, signer }) =>
      signDecision(
        {
          iss: organisation,
          book,
          seq,
          term,
          ...(mandate === null ? {} : { mandate }),
          iat: atMs / 1000,
          jti: jti(),
          txn: id,
          requester: requester.id,
          key: sha256(input.key),
          content: contentHash,
          ...(code === null ? { state: 'REJECTED' } : { state: 'REFUSED', code }),
        },
        signer,
      ),
  };
}

/** The statement of somebody's key, which is signed already. */
export function keyStatement(key: { organisation: string; nr: number; token: string }): LogStatement {
  const { organisation, nr, token } = key;
  const sign = (): Promise<string> => Promise.resolve(token);
  return { kind: 'KEY', record: keyRecord(organisation), version: nr, sign };
}

/** A statement at its place in the log, still to be sealed. */
export function statementEntry(
  { kind, record, version }: LogStatement,
  seq: number,
  request: string,
): Omit<NewEntry, 'token' | 'hash'> {
  return {
    seq,
    kind,
    record,
    version: version ?? seq,
    firstSeq: seq,
    state: null,
    request,
    recordKey: null,
    eventTime: null,
    links: [],
  };
}
