import { publicPart, thumbprint, type VerificationKey } from '../../../api/identity/jwk.ts';
import { signKeyStatement } from '../../../api/identity/key-statement.ts';
import type { JsonValue } from '../../../api/identity/strict-json.ts';
import { type RecordKind, tokenHash } from '../../../api/ledger/change.ts';
import {
  cosign,
  parseCheckpoint,
  signCheckpoint,
  type SignedCheckpoint,
  withSignatures,
} from '../../../api/ledger/checkpoint.ts';
import { disclose } from '../../../api/ledger/disclose.ts';
import type { EntryLine, Header, KeysLine } from '../../../api/ledger/export/lines.ts';
import { ExportWriter } from '../../../api/ledger/export/write.ts';
import { keyOf, type Page } from '../../../api/ledger/heads/page.ts';
import { proveHeads } from '../../../api/ledger/heads/proof.ts';
import { updateHeads } from '../../../api/ledger/heads/update.ts';
import { issueChange } from '../../../api/ledger/issue.ts';
import { signDecision } from '../../../api/ledger/statements/decision.ts';
import { signHeads } from '../../../api/ledger/statements/heads.ts';
import { signMandate } from '../../../api/ledger/statements/mandate.ts';
import { signTerm } from '../../../api/ledger/statements/term.ts';
import { EMPTY_FRONTIER, extendFrontier, rootOf } from '../../../api/ledger/tree.ts';
import { ed25519, type TestKey } from '../../identity/keys.ts';
import { digest } from '../statement-samples.ts';
import { recordKey, slotKey } from '../sealing.ts';

export const owner = 'grower.example';
export const book = 'grower.example/harvest';
const AT = 1_790_000_000_000;

/** A book and its log, entry by entry, each signed by who has the right then. */
export class Book {
  readonly entries: EntryLine[] = [];
  readonly parties: Record<string, TestKey> = {};
  ownerKey = ed25519();
  /** The owner's key log: the key after the one in force is made with it. */
  readonly ownerLog: string[] = [];
  #next = ed25519();
  #holder = owner;
  #term = 1;
  #termHash: string | undefined;
  #heads = new Map<string, { ver: number; hash: string }>();
  /** The record of each entry that has one, by seq. */
  readonly records = new Map<number, string>();
  /** Notes of checkpoints, by the length of the log. */
  readonly checkpoints = new Map<number, string>();
  /** The map of heads that the last of them covers. */
  map = { size: 0, pages: new Map<string, Page>() };
  #witness: string | undefined;

  party(name: string): TestKey {
    return (this.parties[name] ??= ed25519());
  }

  get #signer() {
    return (this.#holder === owner ? this.ownerKey : this.party(this.#holder)).signer;
  }

  /** The first statement of the owner's key log, or the next one: a rotation, noted in the book. */
  async key(revoked?: { seq: number; kid: string }): Promise<this> {
    if (this.ownerLog.length > 0) {
      this.ownerKey = this.#next;
      this.#next = ed25519();
    }
    const before = this.ownerLog.at(-1);
    const token = await signKeyStatement(
      {
        iss: owner,
        seq: this.ownerLog.length + 1,
        ...(before && { prev: tokenHash(before) }),
        iat: AT / 1000,
        key: publicPart(this.ownerKey.jwk),
        next: thumbprint(this.#next.jwk),
        ...(revoked && {
          revoked: [{ kid: revoked.kid, reason: 'stolen', from: [{ book, seq: revoked.seq }] }],
        }),
      },
      this.ownerKey.signer,
    );
    this.ownerLog.push(token);
    return this.push('KEY', token);
  }

  push(kind: EntryLine['kind'], token: string, disclosures: string[] = []): this {
    this.entries.push({ seq: this.entries.length + 1, kind, token, disclosures });
    return this;
  }

  async change(record: string, state: Record<string, JsonValue>, kind: RecordKind = 'LOT'): Promise<this> {
    const seq = this.entries.length + 1;
    const before = this.#heads.get(record);
    const ver = (before?.ver ?? 0) + 1;
    const { token, hash } = await issueChange(
      {
        issuer: this.#holder,
        book,
        record,
        kind,
        atMs: AT + seq,
        jti: `jti-${seq}-${this.#signer.kid}`,
        txn: `txn-${seq}`,
        ver,
        seq,
        prev: before?.hash,
        term: this.#term,
        state,
        recordKey,
        slotKey,
      },
      this.#signer,
    );
    this.#heads.set(record, { ver, hash });
    this.records.set(seq, record);
    return this.push(
      kind,
      token,
      disclose({ token, recordKey, state }, [...Object.keys(state), '@names']).disclosures,
    );
  }

  async decision(): Promise<this> {
    const seq = this.entries.length + 1;
    const claims = {
      iss: this.#holder,
      book,
      seq,
      term: this.#term,
      iat: AT / 1000,
      jti: `jti-${seq}`,
      txn: `txn-${seq}`,
      requester: 'packer.example',
      key: digest(`key ${seq}`),
      content: digest(`content ${seq}`),
      state: 'REFUSED' as const,
      code: 'STALE_BASE',
    };
    return this.push('DECISION', await signDecision(claims, this.#signer));
  }

  async mandate({ backup = 'packer.example', witness = 'agency.example' } = {}): Promise<this> {
    this.#witness = witness;
    const member = (organisation: string, key: TestKey) => ({
      organisation,
      name: `The ${organisation}`,
      url: `https://${organisation}`,
      jwk: publicPart(key.jwk),
    });
    const claims = {
      iss: owner,
      book,
      m: 1,
      iat: AT / 1000,
      primary: member(owner, this.ownerKey),
      backup: member(backup, this.party(backup)),
      witness: member(witness, this.party(witness)),
      mode: 'strict' as const,
      leaseMs: 1000,
      drift: 0.01,
      takeoverMs: 1000,
      handBack: 'auto' as const,
      term: 1,
    };
    return this.push('MANDATE', await signMandate(claims, this.ownerKey.signer));
  }

  async term(
    holder: string,
    why: 'appoint' | 'take-over' | 'hand-over',
    by: { n?: number; signer?: TestKey; witness?: string } = {},
  ): Promise<this> {
    const { witness = 'agency.example' } = by;
    const n = by.n ?? (this.#termHash ? this.#term + 1 : 2);
    const claims = {
      iss: witness,
      book,
      n,
      m: 1,
      ...(this.#termHash !== undefined && { prev: this.#termHash }),
      iat: AT / 1000,
      holder,
      insync: [holder],
      registrar: witness,
      len: 0,
      head: digest('head'),
      why,
    };
    const token = await signTerm(claims, (by.signer ?? this.party(witness)).signer);
    this.#termHash = tokenHash(token);
    this.#term = n;
    this.#holder = holder;
    return this.push('TERM', token);
  }

  /** The holder states the heads of all records, and signs a checkpoint; the witness, where there is one, cosigns it. */
  async checkpoint({ root }: { root?: string } = {}): Promise<this> {
    const [size, seq] = [this.entries.length, this.entries.length + 1];
    const leaves = [...this.#heads].map(([record, { hash }]) => ({ key: keyOf(record), head: hash }));
    const update = await updateHeads(leaves, () => Promise.resolve(new Map()));
    this.map = { size, pages: new Map(update.pages) };
    const signer = this.#signer;
    const claims = {
      iss: this.#holder,
      book,
      seq,
      term: this.#term,
      iat: AT / 1000,
      size,
      root: root ?? update.root,
    };
    this.push('HEADS', await signHeads(claims, signer));
    const log = extendFrontier(
      EMPTY_FRONTIER,
      this.entries.map(({ token }) => tokenHash(token)),
    );
    const by = (name: string, key: TestKey) => ({
      name,
      key: [...key.keys.values()][0] as VerificationKey,
      signer: key.signer,
    });
    const holder = this.#holder === owner ? this.ownerKey : this.party(this.#holder);
    let note = await signCheckpoint({ origin: book, size: seq, root: rootOf(log) }, by(this.#holder, holder));
    if (this.#witness) {
      const read = parseCheckpoint(note) as SignedCheckpoint;
      note = withSignatures(read, await cosign(read, by(this.#witness, this.party(this.#witness)), AT));
    }
    this.checkpoints.set(seq, note);
    return this;
  }

  get keys(): KeysLine[] {
    const own = { organisation: owner, name: 'Grower & Sons' };
    return [
      this.ownerLog.length > 0
        ? { ...own, log: this.ownerLog }
        : { ...own, jwk: publicPart(this.ownerKey.jwk) },
    ];
  }
}

/** A season in small: a sharing rule, changes, a refusal, a take-over and the way back, a new key of the owner. */
export async function season(): Promise<Book> {
  const made = new Book();
  await made.key();
  await made.change('urn:lotbook:grant:1', { title: 'for the packer' }, 'GRANT');
  await made.change('urn:lot:1', { quantity: '1200', unit: 'KGM', price: '9.50' });
  await made.change('urn:lot:2', { quantity: '3', unit: 'EA' });
  await made.decision();
  await made.mandate();
  await made.term(owner, 'appoint');
  await made.change('urn:lot:1', { quantity: '1100', unit: 'KGM', price: '9.50' });
  await made.term('packer.example', 'take-over');
  await made.change('urn:lot:3', { 'a "name"': { deep: ['ä', 1, null] } });
  await made.change('urn:lot:1', { quantity: '1000', unit: 'KGM', price: '9.50' });
  await made.term(owner, 'hand-over');
  await made.checkpoint();
  await made.key();
  await made.change('urn:lot:2', { quantity: '2', unit: 'EA' });
  await made.checkpoint();
  await made.change('urn:lot:3', { b: '1' });
  return made;
}

export function headerOf(entries: number, given: Partial<Header> = {}): Header {
  return {
    format: 'lotbook-export',
    version: 1,
    book,
    title: 'Harvest',
    owner,
    by: owner,
    audience: null,
    copy: false,
    scope: { records: null, from: null, until: null },
    entries,
    proven: 0,
    madeAt: '2026-11-22T04:00:00.000Z',
    ...given,
  };
}

/** What an export is made of. */
export type Made = Pick<Book, 'entries' | 'keys' | 'ownerKey'> &
  Partial<Pick<Book, 'records' | 'checkpoints' | 'map'>>;

/** The lines of an export of a book; `hides` says which entries the audience may not see. */
export async function linesOf(
  made: Made,
  given: {
    header?: Partial<Header>;
    hides?: (entry: EntryLine) => boolean;
    signer?: TestKey;
    keys?: KeysLine[];
  } = {},
): Promise<string[]> {
  const { entries, records, checkpoints, map } = made;
  const { hides = () => false, header, keys = made.keys } = given;
  const isHidden = entries.some(hides);
  const proven = map?.size ?? 0;
  const opening = { proven, ...(isHidden && { audience: 'packer.example' }), ...header };
  const writer = new ExportWriter(headerOf(entries.length, opening));
  const lines = writer.begin(keys);
  /** Where each record was changed last. */
  const last = new Map<string, number>();
  for (const entry of entries) {
    const { seq, token } = entry;
    const record = records?.get(seq);
    const before = record === undefined ? null : (last.get(record) ?? null);
    if (record !== undefined) last.set(record, seq);
    if (hides(entry)) writer.hidden({ ...entry, before }, tokenHash(token));
    else lines.push(...writer.entry({ ...entry, before }));
    const note = checkpoints?.get(seq);
    if (note !== undefined) lines.push(...writer.checkpoint(note));
  }
  lines.push(...writer.endLog());
  const shown = writer.firstPlaces(0, entries.length).map((seq) => records?.get(seq) ?? '');
  const pages = map?.pages ?? new Map<string, Page>();
  const proofs = await proveHeads(shown, () => Promise.resolve(pages));
  for (const [at, { siblings, leaf }] of proofs.entries())
    lines.push(writer.head({ record: shown[at] ?? '', hash: leaf?.head ?? '', siblings: [...siblings] }));
  lines.push(await writer.end((given.signer ?? made.ownerKey).signer, AT));
  return lines;
}
