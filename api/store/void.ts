import type pg from 'pg';
import { closeReplica } from './replica.ts';

/**
 * Gives up a member's copy of a book whose owner has accepted that everything behind entry `after` is lost. What lies behind it is
 * kept aside: it was signed, and never will be history again.
 */
export async function voidReplica(client: pg.PoolClient, book: string, after: number): Promise<void> {
  await setAside(client, book, after);
  await client.query(
    'DELETE FROM request WHERE book = $1 AND id IN (SELECT request FROM entry WHERE book = $1 AND seq > $2)',
    [book, after],
  );
  await closeReplica(client, book);
}

/** Takes out of a local copy the records that have such entries, and has the feed begin again: it brings what is left of them. */
export async function voidCopy(client: pg.PoolClient, book: string, after: number): Promise<void> {
  await setAside(client, book, after);
  const { rows } = await client.query<{ record: string }>(
    'SELECT DISTINCT record FROM entry WHERE book = $1 AND seq > $2',
    [book, after],
  );
  const records = rows.map(({ record }) => record);
  await client.query('DELETE FROM link WHERE book = $1 AND record = ANY($2)', [book, records]);
  await client.query('DELETE FROM record WHERE book = $1 AND id = ANY($2)', [book, records]);
  await client.query('DELETE FROM entry WHERE book = $1 AND record = ANY($2)', [book, records]);
  await client.query(
    'UPDATE book SET length = least(length, $2), "grantsSeq" = least("grantsSeq", 0) - 1 WHERE id = $1',
    [book, after],
  );
  await client.query('UPDATE feed SET cursor = NULL WHERE book = $1', [book]);
}

async function setAside(client: pg.PoolClient, book: string, after: number): Promise<void> {
  await client.query('DELETE FROM checkpoint WHERE book = $1 AND size > $2', [book, after]);
  await client.query(
    `INSERT INTO quarantine (book, seq, code, detail, item)
     SELECT book, seq, 'VOID', 'the owner of the book has accepted that it is lost', token
       FROM entry WHERE book = $1 AND seq > $2
     ON CONFLICT DO NOTHING`,
    [book, after],
  );
}
