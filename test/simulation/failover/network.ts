import { randomBytes } from 'node:crypto';
import pg from 'pg';
import type { JsonObject } from '../../../api/identity/strict-json.ts';
import { connection } from '../../../api/store/database.ts';
import { freePort, makePartners, startNodeProcess, until, type NodeProcess } from '../../support/nodes.ts';
import { feedOf } from '../kill/copies.ts';
import { openWire, type Wire } from './wire.ts';

export const PRIMARY = 'grower.example';
export const BACKUP = 'packer.example';
export const WITNESS = 'notary.example';
export const PARTNERS = ['carrier.example', 'retailer.example'] as const;
export const BOOK = `${PRIMARY}/season`;
export const LEASE_MS = 1_000;

export interface Network {
  wire: Wire;
  /** Organisations that may change the book and have no part in its authority. */
  partners: readonly string[];
  /** All that have a node. */
  everybody: readonly string[];
  node(organisation: string): NodeProcess;
  databaseUrl(organisation: string): string;
  /** Keeps the database of a node that is stopped as it is now. */
  copyDatabase(organisation: string): Promise<void>;
  /** Puts what was kept in the place of the database of a node that is stopped. */
  restoreDatabase(organisation: string): Promise<void>;
  remove(): Promise<void>;
}

/** A node of each organisation, on a database of its own: a book with primary, backup and witness, and partners that may change it. */
export async function openNetwork(
  adminUrl: string,
  partners: readonly string[] = PARTNERS,
): Promise<Network> {
  const everybody = [PRIMARY, BACKUP, WITNESS, ...partners];
  const wire = openWire();
  const nodes = new Map<string, NodeProcess>();
  const prefix = `lotbook_failover_${randomBytes(4).toString('hex')}_`;
  const named = (organisation: string): string => prefix + organisation.split('.')[0];
  const nodeOf = (organisation: string): NodeProcess => {
    const node = nodes.get(organisation);
    if (!node) throw new Error(`${organisation} has no node`);
    return node;
  };
  const databaseUrl = (organisation: string): string => {
    const url = new URL(adminUrl);
    url.pathname = `/${named(organisation)}`;
    return url.href;
  };
  const start = async (organisation: string): Promise<void> => {
    await asAdmin(adminUrl, `CREATE DATABASE ${named(organisation)}`);
    const [own, open] = [await freePort(), await freePort()];
    await wire.open(organisation, { public: open, own });
    const node = await startNodeProcess({
      organisation,
      port: own,
      url: `http://localhost:${open}`,
      databaseUrl: databaseUrl(organisation),
      books: organisation === PRIMARY ? ['season'] : [],
      env: { LOTBOOK_HOLDER_PATIENCE_MS: String(LEASE_MS), LOTBOOK_HEARTBEAT_MS: String(LEASE_MS) },
    });
    nodes.set(organisation, node);
  };
  const remove = async (): Promise<void> => {
    await Promise.all([...nodes.values()].map((node) => node.remove()));
    await wire.close();
    for (const organisation of everybody)
      for (const name of [named(organisation), `${named(organisation)}_kept`])
        await asAdmin(adminUrl, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
  };

  try {
    await Promise.all(everybody.map(start));
    await prepare(nodeOf, partners);
  } catch (error) {
    await remove();
    throw error;
  }
  return {
    wire,
    partners,
    everybody,
    node: nodeOf,
    databaseUrl,
    copyDatabase: async (organisation) => {
      await asAdmin(adminUrl, `DROP DATABASE IF EXISTS ${named(organisation)}_kept`);
      await asAdmin(adminUrl, `CREATE DATABASE ${named(organisation)}_kept TEMPLATE ${named(organisation)}`);
    },
    restoreDatabase: async (organisation) => {
      await asAdmin(adminUrl, `DROP DATABASE ${named(organisation)} WITH (FORCE)`);
      await asAdmin(adminUrl, `ALTER DATABASE ${named(organisation)}_kept RENAME TO ${named(organisation)}`);
    },
    remove,
  };
}

/** Only the primary knows all the others as partners: they know one another by its word. */
async function prepare(
  nodeOf: (organisation: string) => NodeProcess,
  partners: readonly string[],
): Promise<void> {
  const primary = nodeOf(PRIMARY);
  for (const organisation of [BACKUP, WITNESS, ...partners]) {
    await makePartners(primary, nodeOf(organisation));
  }
  for (const right of ['READ', 'CHANGE']) {
    await primary.mutate(
      'mutation ($input: AddGrantInput!) { addGrant(input: $input) { error { message duty } } }',
      { input: { book: BOOK, right, audience: { organisations: partners }, fields: ['*'] } },
    );
  }
  await primary.mutate(
    'mutation ($input: AppointAuthorityInput!) { appointAuthority(input: $input) { error { message duty } } }',
    { input: { book: BOOK, backup: BACKUP, witness: WITNESS, leaseMs: LEASE_MS, takeoverMs: LEASE_MS } },
  );
  await until('the backup has everything', async () => (await standingOf(primary))?.insync.length === 2);
  for (const partner of partners) {
    await until(`${partner} follows the book`, async () => {
      const isLive = (await feedOf(nodeOf(partner), BOOK))?.['state'] === 'LIVE';
      return isLive && (await standingOf(nodeOf(partner))) !== null;
    });
  }
}

/** Who holds the right, as a node tells it. */
export interface Standing {
  holder: string;
  term: number;
  state: string;
  explanation: string | null;
  insync: string[];
  final: number | null;
  evidence: JsonObject[];
}

export async function standingOf(node: NodeProcess): Promise<Standing | null> {
  const { authority } = await node.query(
    `query ($book: ID!) {
       authority(book: $book) { holder term state explanation insync final evidence { kind detail first second } }
     }`,
    { book: BOOK },
  );
  return authority as unknown as Standing | null;
}

async function asAdmin(adminUrl: string, statement: string): Promise<void> {
  await rowsOf(adminUrl, statement);
}

/** What a statement answers, over a connection of its own. */
export async function rowsOf<T extends pg.QueryResultRow>(
  url: string,
  statement: string,
  values: readonly unknown[] = [],
): Promise<T[]> {
  const client = new pg.Client(connection(url));
  await client.connect();
  try {
    return (await client.query<T>(statement, [...values])).rows;
  } finally {
    await client.end();
  }
}
