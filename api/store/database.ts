import { PrismaPg } from '@prisma/adapter-pg';
import pg from 'pg';
import { databaseBusy } from '../errors.ts';
import { PrismaClient } from './generated/client.ts';

export type Pool = pg.Pool;
export type PoolClient = pg.PoolClient;

export interface Database {
  pool: pg.Pool;
  prisma: PrismaClient;
  close(): Promise<void>;
}

export interface DatabaseOptions {
  url: string;
  poolSize: number;
  applicationName: string;
  /** Told of connections that broke while idle. They are replaced; nothing is lost but the notice. */
  onIdleError?: (error: Error) => void;
  /** How long a caller waits for a connection, ms. */
  connectionTimeoutMs?: number;
}

const STATEMENT_TIMEOUT_MS = 30_000;
const CONNECTION_TIMEOUT_MS = 10_000;
/** The wait for a lock after which the caller is told that the book is in use. */
const LOCK_TIMEOUT_MS = 5_000;

/**
 * One pool for raw SQL and for Prisma. Sessions are in UTC and give up a statement after 30 s. Who gets no
 * connection within 10 s is told TOO_BUSY.
 *
 * Raw SQL reads: int8 as number (RangeError beyond 2^53), numeric as string, timestamptz and timestamp (taken as UTC)
 * as Date, date as 'YYYY-MM-DD'. Prisma has its own readings.
 */
export function openDatabase({ url, poolSize, applicationName, ...options }: DatabaseOptions): Database {
  const { onIdleError, connectionTimeoutMs = CONNECTION_TIMEOUT_MS } = options;
  const pool = new TimedPool({
    ...connection(url),
    max: poolSize,
    connectionTimeoutMillis: connectionTimeoutMs,
    application_name: applicationName,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    lock_timeout: LOCK_TIMEOUT_MS,
    keepAlive: true,
    types: { getTypeParser },
  });
  pool.on('error', (error) => onIdleError?.(error));
  // A connection that breaks while it is lent out, between two statements: the next statement reports it.
  pool.on('connect', (client) => void client.on('error', () => undefined));
  const prisma = new PrismaClient({ adapter: new PrismaPg(pool) });
  return {
    pool,
    prisma,
    close: async () => {
      await prisma.$disconnect();
      await pool.end();
    },
  };
}

type OnConnected = Parameters<pg.Pool['connect']>[0];

/** Tells who waited too long for a connection in words that callers can act on; `query` comes by here too. */
class TimedPool extends pg.Pool {
  override connect(): Promise<pg.PoolClient>;
  override connect(callback: OnConnected): void;
  override connect(callback?: OnConnected): Promise<pg.PoolClient> | void {
    if (callback) {
      super.connect((error, client, release) => callback(error && explained(error), client, release));
      return undefined;
    }
    return super.connect().catch((error: Error) => {
      throw explained(error);
    });
  }
}

/** pg-pool has no codes for these: no connection became free, and a new one was not made in time. */
const TIMEOUTS: ReadonlySet<string> = new Set([
  'timeout exceeded when trying to connect',
  'Connection terminated due to connection timeout',
]);

function explained(error: Error): Error {
  return TIMEOUTS.has(error.message) ? databaseBusy() : error;
}

/** Connection settings with the session's time zone in UTC: without it Prisma stores instants shifted. */
export function connection(url: string): { connectionString: string; options: string } {
  const parsed = new URL(url);
  const given = parsed.searchParams.get('options');
  parsed.searchParams.delete('options');
  return { connectionString: parsed.href, options: [given, '-c TimeZone=UTC'].filter(Boolean).join(' ') };
}

const OID = { int8: 20, int8Array: 1016, date: 1082, timestamp: 1114 } as const;

function getTypeParser(oid: number, format?: 'text' | 'binary'): (value: string) => unknown {
  if (format === 'binary') return pg.types.getTypeParser(oid, 'binary');
  if (oid === OID.int8) return safeInteger;
  if (oid === OID.int8Array) return safeIntegers;
  if (oid === OID.date) return (value) => value;
  if (oid === OID.timestamp) return (value) => new Date(`${value.replace(' ', 'T')}Z`);
  return pg.types.getTypeParser(oid, 'text');
}

function safeInteger(value: string): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number))
    throw new RangeError('an int8 does not fit in a number: select it as text');
  return number;
}

/** Arrays of int8 come as `{1,NULL,2}`. */
function safeIntegers(value: string): (number | null)[] {
  const inner = value.slice(1, -1);
  return inner === '' ? [] : inner.split(',').map((item) => (item === 'NULL' ? null : safeInteger(item)));
}
