import {
  keyFailure,
  type KeyFailure,
  type KeyStatement,
  MAX_KEY_STATEMENTS,
  readKeyStatement,
} from './key-statement.ts';

/**
 * The key log of an organisation, from its first statement on, each verified. What is in it was put there by the organisation:
 * each statement is signed by its own key, names the one before by hash, and was committed to by it (`next`). So any one
 * key of it that is pinned vouches for all the others: for those before by the hashes, for those after by the thumbprints.
 */
export interface KeyLog {
  readonly issuer: string;
  /** At least one; statement n is at place n - 1. */
  readonly statements: readonly [KeyStatement, ...KeyStatement[]];
}

/** Begin a log. */
export function startKeyLog(token: string, issuer: string): KeyLog | KeyFailure {
  const first = readKeyStatement(token, issuer);
  if (!first.ok) return first;
  if (first.claims.seq !== 1) return keyFailure('NUMBER_SKIPPED', `number ${first.claims.seq} comes first`);
  return { issuer, statements: [first] };
}

/** The log with one more statement; the one given stays as it is. */
export function extendKeyLog(log: KeyLog, token: string): KeyLog | KeyFailure {
  const next = readKeyStatement(token, log.issuer);
  if (!next.ok) return next;
  const last = currentKey(log);
  const { seq, prev } = next.claims;
  if (seq !== last.claims.seq + 1 || seq > MAX_KEY_STATEMENTS)
    return keyFailure('NUMBER_SKIPPED', `number ${seq} after ${last.claims.seq}`);
  if (prev !== last.hash) return keyFailure('PREVIOUS_MISMATCH', `number ${seq}`);
  if (next.key.kid !== last.claims.next) return keyFailure('NOT_COMMITTED', `number ${seq}`);
  if (log.statements.some(({ key }) => key.kid === next.key.kid))
    return keyFailure('KEY_USED_BEFORE', `number ${seq}`);
  return { issuer: log.issuer, statements: [...log.statements, next] };
}

/** Verify a whole log, statement by statement from the first on. */
export function verifyKeyLog(tokens: readonly string[], issuer: string): KeyLog | KeyFailure {
  const [first = '', ...rest] = tokens;
  let log = startKeyLog(first, issuer);
  for (const token of rest) {
    if (!isKeyLog(log)) return log;
    log = extendKeyLog(log, token);
  }
  return log;
}

export function isKeyLog(result: KeyLog | KeyFailure): result is KeyLog {
  return 'statements' in result;
}

/** The statement in force: its key signs what is said now. */
export function currentKey({ statements }: KeyLog): KeyStatement {
  return statements[statements.length - 1] ?? statements[0];
}

/** The statement that put a key in force. */
export function statementOf({ statements }: KeyLog, kid: string): KeyStatement | undefined {
  return statements.find(({ key }) => key.kid === kid);
}
