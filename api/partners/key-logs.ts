import { LotbookError } from '../errors.ts';
import { currentKey, isKeyLog, type KeyLog, statementOf, verifyKeyLog } from '../identity/key-log.ts';
import type { PinnedKeys } from '../identity/jws.ts';
import type { Peers } from '../peers/peer.ts';
import { findClient, pinKey, statementKeys } from '../store/clients.ts';
import { moveIntroductions } from '../store/introductions.ts';
import { keepKeyStatement, keptKeyLog, readKeyLogs, readKeyStatements } from '../store/key-statements.ts';
import { type Db, findOrganisation, inPartnersTransaction, type PartnerStore } from '../store/partners.ts';

export interface KeyLogsDeps {
  prisma: PartnerStore;
  peers: Pick<Peers, 'keyLog'>;
  now: () => number;
  /** Tells all processes of the node, after the commit, that partners or clients changed. */
  ring: () => void;
  log: { info(details: object, message: string): void; error(details: object, message: string): void };
}

export interface KeyLogs {
  /**
   * Asks the node of a known organisation for its key log, and follows it: what continues the pinned key becomes the pinned
   * key. Never rejects; true where the pin has moved. One question at a time to each, and none right after another.
   */
  follow(organisation: string): Promise<boolean>;
  /**
   * Every key with which an organisation may have signed what is in books: those that were pinned, and those of its key log, which
   * is asked for where none is known. Which one counts where is decided by the log of the book.
   */
  keysOf(organisation: string): Promise<PinnedKeys>;
}

/** Whoever sends with unknown keys must not make this node ask others without end. */
const PAUSE_MS = 1_000;
/** A node that is down keeps nobody from reading its book elsewhere. */
const LONGEST_WAIT_MS = 2_000;

export function openKeyLogs(deps: KeyLogsDeps): KeyLogs {
  const { prisma } = deps;
  const asked = new Map<string, { at: number; moved: Promise<boolean> }>();
  const keyLogs: KeyLogs = {
    follow: (organisation) => {
      const last = asked.get(organisation);
      if (last && Math.abs(deps.now() - last.at) < PAUSE_MS) return last.moved;
      const moved = followKeyLog(deps, organisation).catch((error: unknown) => {
        const { code } = error instanceof LotbookError ? error : { code: 'INTERNAL' };
        const tell = code === 'UNREACHABLE' ? 'info' : 'error';
        deps.log[tell]({ organisation, code, why: messageOf(error) }, 'a key log was not taken in');
        return false;
      });
      asked.set(organisation, { at: deps.now(), moved });
      return moved;
    },
    keysOf: async (organisation) => {
      const known = await readKeyLogs(prisma, [organisation]);
      if (!known.has(organisation)) {
        const timer = new Promise((resolve) => setTimeout(resolve, LONGEST_WAIT_MS).unref());
        await Promise.race([keyLogs.follow(organisation), timer]);
      }
      return knownKeysOf(prisma, organisation);
    },
  };
  return keyLogs;
}

/** As `keysOf`, without asking anybody. */
export async function knownKeysOf(prisma: PartnerStore, organisation: string): Promise<PinnedKeys> {
  const [pinned, logs] = await Promise.all([
    statementKeys(prisma, organisation),
    readKeyLogs(prisma, [organisation]),
  ]);
  const tokens = logs.get(organisation);
  const log = tokens && keptKeyLog(organisation, tokens);
  return new Map([...pinned, ...(log?.statements ?? []).map(({ key }) => [key.kid, key] as const)]);
}

async function followKeyLog(deps: KeyLogsDeps, organisation: string): Promise<boolean> {
  const { prisma, peers, now, ring } = deps;
  const row = await findOrganisation(prisma, organisation);
  if (!row?.url || !['ACTIVE', 'INTRODUCED'].includes(row.status)) return false;
  const tokens = await peers.keyLog(row.url);
  const log = verifyKeyLog(tokens, organisation);
  if (!isKeyLog(log)) throw unverified(`${log.code} (${log.detail})`);
  const moved = await inPartnersTransaction(prisma, (tx) => takeKeyLog(tx, log, new Date(now())));
  if (!moved) return false;
  ring();
  const { seq } = currentKey(log).claims;
  deps.log.info({ organisation, seq, kid: currentKey(log).key.kid }, 'an organisation has changed its key');
  return true;
}

/**
 * Takes in a verified key log. It must hold the key that is pinned, for that vouches for the rest, and continue what is known of it.
 * True where the pin has moved. Throws UNVERIFIED.
 */
export async function takeKeyLog(db: Db, log: KeyLog, now: Date): Promise<boolean> {
  const { issuer: organisation, statements } = log;
  const pinned = await findClient(db, organisation);
  if (!pinned?.node || pinned.revokedAt !== null) return false;
  if (!statementOf(log, pinned.kid)) throw unverified('the pinned key is not in it');
  const known = await readKeyStatements(db, organisation);
  const other = known.find(({ nr, token }) => statements[nr - 1] && statements[nr - 1]?.token !== token);
  if (other) throw unverified(`another statement ${other.nr} than before`);
  for (const { claims, token } of statements.slice(known.length))
    await keepKeyStatement(db, { organisation, nr: claims.seq, token, at: now });
  const { key, claims } = currentKey(log);
  if (statements.length < known.length || key.kid === pinned.kid) return false;
  const client = { organisation, clientId: organisation, node: true, roles: pinned.roles };
  if (!(await pinKey(db, { ...client, jwk: claims.key, now })))
    throw unverified('its key is of somebody else');
  await moveIntroductions(db, organisation, { from: pinned.kid, to: key.kid });
  return true;
}

function unverified(why: string): LotbookError {
  return new LotbookError('UNVERIFIED', `The key log cannot be verified: ${why}.`);
}

function messageOf(error: unknown): string {
  return error instanceof LotbookError ? error.message : 'a fault in this node';
}
