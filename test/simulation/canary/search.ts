import pg from 'pg';
import { connection } from '../../../api/store/database.ts';

const ENCODED = /[A-Za-z0-9_+/-]{20,}/g;
const HEX = /(?:[0-9a-f]{2}){16,}/gi;
const CHUNK = /\r\n[0-9a-f]+\r\n/gi;
const MOST_LAYERS = 4;

/**
 * A text with everything that is wrapped in it: the parts of chunked answers joined, base64 and base64url (tokens,
 * disclosures, cursors) and hex (bytea) decoded, layer by layer.
 */
export function unwrapped(text: string): string {
  const layers = [text, text.replaceAll(CHUNK, '')];
  for (let at = 0, count = 0; at < layers.length && count < MOST_LAYERS; count += 1) {
    const layer = layers.slice(at);
    at = layers.length;
    const found = layer.flatMap((each) => [
      ...[...each.matchAll(ENCODED)].map(([match]) => Buffer.from(match, 'base64').toString('latin1')),
      ...[...each.matchAll(HEX)].map(([match]) => Buffer.from(match, 'hex').toString('latin1')),
    ]);
    const next = found.filter((each) => /[ -~]{8}/.test(each)).join('\n');
    if (next !== '') layers.push(next);
  }
  return layers.join('\n');
}

/** The canaries that occur in a text, in any notation that a value may take on its way. */
export function occurring(text: string, canaries: Iterable<string>): string[] {
  return [...canaries].filter((canary) => notations(canary).some((each) => text.includes(each)));
}

function notations(canary: string): string[] {
  if (/^\d{4}-\d\d-\d\dT/.test(canary)) return [canary, String(Date.parse(`${canary}Z`))];
  return /^[0-9A-F]+$/.test(canary) ? [canary, canary.toLowerCase()] : [canary];
}

/** Every row of every table as text. */
export async function databaseText(url: string): Promise<string> {
  const client = new pg.Client(connection(url));
  await client.connect();
  try {
    const { rows } = await client.query<{ name: string }>(
      `SELECT quote_ident(tablename) AS name FROM pg_tables WHERE schemaname = 'public' ORDER BY 1`,
    );
    const texts: string[] = [];
    for (const { name } of rows) {
      const table = await client.query<{ text: string }>(`SELECT t::text AS text FROM ${name} t ORDER BY 1`);
      texts.push(name, ...table.rows.map(({ text }) => text));
    }
    return texts.join('\n');
  } finally {
    await client.end();
  }
}
