import pg from 'pg';

/** The entries in the one book of a node's database. */
export function bookLength(url: string): Promise<number> {
  return numberOf(url, 'SELECT length FROM book', []);
}

/** The entries to a commit of all that came after `seq`. */
export function groupSize(url: string, seq: number): Promise<number> {
  const text = 'SELECT round(count(*)::numeric / count(DISTINCT xmin::text))::int FROM entry WHERE seq > $1';
  return numberOf(url, text, [seq]);
}

async function numberOf(url: string, text: string, values: unknown[]): Promise<number> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query<[number]>({ text, values, rowMode: 'array' });
  await client.end();
  return rows[0]?.[0] ?? 0;
}
