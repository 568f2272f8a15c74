import { LotbookError } from '../errors.ts';
import { isKeyLog, type KeyLog, verifyKeyLog } from '../identity/key-log.ts';
import type { Db } from './partners.ts';

/** A statement of a key log as it is kept here. */
export interface StoredKeyStatement {
  nr: number;
  token: string;
  /** When it was taken up here. */
  at: Date;
}

/** The key log of an organisation, as far as it is known here, from its first statement on. */
export function readKeyStatements(db: Db, organisation: string): Promise<StoredKeyStatement[]> {
  return db.keyStatement.findMany({
    where: { organisation },
    orderBy: { nr: 'asc' },
    select: { nr: true, token: true, at: true },
  });
}

/** The key logs of several organisations, by organisation; one of which none is known is not in it. */
export async function readKeyLogs(db: Db, organisations: readonly string[]): Promise<Map<string, string[]>> {
  const rows = await db.keyStatement.findMany({
    where: { organisation: { in: [...organisations] } },
    orderBy: [{ organisation: 'asc' }, { nr: 'asc' }],
  });
  const logs = new Map<string, string[]>();
  for (const { organisation, token } of rows)
    logs.set(organisation, [...(logs.get(organisation) ?? []), token]);
  return logs;
}

/** Keeps a verified statement; what is there already stays. True where it is this one that is kept. */
export async function keepKeyStatement(
  db: Db,
  statement: StoredKeyStatement & { organisation: string },
): Promise<boolean> {
  const { organisation, nr, token } = statement;
  await db.keyStatement.createMany({ data: [statement], skipDuplicates: true });
  const kept = await db.keyStatement.findUnique({ where: { organisation_nr: { organisation, nr } } });
  return kept?.token === token;
}

/** A log that was verified when it was kept. Throws INTERNAL where what is kept is damaged. */
export function keptKeyLog(organisation: string, tokens: readonly string[]): KeyLog {
  const log = verifyKeyLog(tokens, organisation);
  if (isKeyLog(log)) return log;
  throw new LotbookError('INTERNAL', `the key log of ${organisation} is damaged: ${log.code}`);
}
