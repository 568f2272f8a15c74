import { randomBytes, randomUUID } from 'node:crypto';
import type { JsonValue } from '../../../api/events/value.ts';
import type { Signer } from '../../../api/identity/signer.ts';
import { tokenHash, type LogKind } from '../../../api/ledger/change.ts';
import { issueChange } from '../../../api/ledger/issue.ts';
import { lockBook, writeEntries, type NewEntry } from '../../../api/store/commit.ts';
import type { Database, Pool } from '../../../api/store/database.ts';
import { inTransaction } from '../../../api/store/transaction.ts';

const TABLES = ['book', 'entry', 'record', 'link'];

/** What the members of a book hold alike, from the one database to the other. */
export async function copyMember(from: Pool, to: Pool): Promise<void> {
  await inTransaction(to, async (client) => {
    for (const table of TABLES) {
      const { rows } = await from.query<{ all: string | null }>(
        `SELECT json_agg(t)::text AS "all" FROM public."${table}" t`,
      );
      await client.query(`DELETE FROM public."${table}"`);
      await client.query(
        `INSERT INTO public."${table}" SELECT * FROM json_populate_recordset(null::public."${table}", $1)`,
        [rows[0]?.all ?? '[]'],
      );
    }
  });
}

interface Approver {
  issuer: string;
  signer: Signer;
  term: number;
}

/** The log of a book at one member, written to as its holder's sequencer does, whatever anybody else has. */
export class MemberLog {
  readonly #db: Database;
  readonly #book: string;

  constructor(db: Database, book: string) {
    this.#db = db;
    this.#book = book;
  }

  async add(kind: LogKind, version: number, token: string): Promise<void> {
    const record = `urn:lotbook:${kind.toLowerCase()}`;
    await this.#write((seq) => Promise.resolve({ ...this.#entry(seq), kind, record, version, token }));
  }

  /** A new note; its id. */
  async note({ issuer, signer, term }: Approver, text: string): Promise<string> {
    const record = `urn:uuid:${randomUUID()}`;
    const recordKey = randomBytes(32);
    const state: Record<string, JsonValue> = { text };
    await this.#write(async (seq, slotKey) => {
      const entry = this.#entry(seq);
      const { token } = await issueChange(
        {
          issuer,
          book: this.#book,
          record,
          kind: 'NOTE',
          seq,
          term,
          state,
          recordKey,
          slotKey,
          atMs: Date.now(),
          jti: randomUUID(),
          txn: entry.request,
          ver: 1,
          prev: undefined,
          alsoNames: [],
        },
        signer,
      );
      return { ...entry, kind: 'NOTE', record, token, state: JSON.stringify(state), recordKey };
    });
    return record;
  }

  #entry(seq: number): Omit<NewEntry, 'hash' | 'token'> {
    return {
      seq,
      kind: 'TERM',
      record: 'urn:lotbook:term',
      version: 1,
      firstSeq: seq,
      state: null,
      request: randomUUID(),
      recordKey: null,
      eventTime: null,
      links: [],
    };
  }

  async #write(make: (seq: number, slotKey: Buffer) => Promise<Omit<NewEntry, 'hash'>>): Promise<void> {
    await inTransaction(this.#db.pool, async (client) => {
      const head = await lockBook(client, this.#book);
      if (!head) throw new Error('the book is not here');
      const entry = await make(head.length + 1, head.slotKey);
      await writeEntries(client, this.#book, new Date(), [{ ...entry, hash: tokenHash(entry.token) }]);
    });
  }
}
