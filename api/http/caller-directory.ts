import type { Caller, Role } from '../sharing/caller.ts';
import { ROLES } from '../sharing/caller.ts';
import type { Bell } from '../store/bell.ts';
import { findClient, type Client } from '../store/clients.ts';
import {
  directoryVersion,
  findOrganisation,
  type Organisation,
  type PartnerStore,
} from '../store/partners.ts';

export interface CallerEntry {
  client: Client;
  organisation: Organisation;
}

export interface CallerDirectory {
  /** A client that may call now; undefined when it is unknown, revoked, or its organisation may not call. */
  find(clientId: string): Promise<CallerEntry | undefined>;
  close(): void;
}

const LONGEST_BELIEF_MS = 1000;

/**
 * Who may call, kept in memory. A change by this node is noticed at the ring of the bell's topic `partners`; the
 * database is asked for its version once a second at most, so that a lost ring costs a second of trust, not more.
 */
export function openCallerDirectory(input: {
  prisma: PartnerStore;
  bell: Pick<Bell, 'on'>;
  now: () => number;
}): CallerDirectory {
  const { prisma, bell, now } = input;
  let entries = new Map<string, CallerEntry>();
  let version: string | undefined;
  let checkedAt = Number.NEGATIVE_INFINITY;
  let checking: Promise<void> | undefined;

  const forget = (): void => {
    // A new map: what is being read now was perhaps read before the change, and lands in the old one.
    entries = new Map();
    checkedAt = Number.NEGATIVE_INFINITY;
  };
  const check = async (): Promise<void> => {
    checkedAt = now();
    const found = await directoryVersion(prisma).catch((error: unknown) => {
      forget();
      throw error;
    });
    if (found !== version) entries = new Map();
    version = found;
  };
  const stop = bell.on('partners', forget);

  return {
    find: async (clientId) => {
      // Also after the clock was set back.
      if (Math.abs(now() - checkedAt) >= LONGEST_BELIEF_MS) {
        await (checking ??= check().finally(() => (checking = undefined)));
      }
      const known = entries.get(clientId);
      if (known) return known;
      const into = entries;
      const entry = await readEntry(prisma, clientId);
      if (entry) into.set(clientId, entry);
      return entry;
    },
    close: stop,
  };
}

/** Reads a client that may call now, past any memory. */
export async function readEntry(prisma: PartnerStore, clientId: string): Promise<CallerEntry | undefined> {
  const client = await findClient(prisma, clientId);
  if (!client || client.revokedAt !== null) return undefined;
  const organisation = await findOrganisation(prisma, client.organisation);
  if (!organisation || !['SELF', 'ACTIVE', 'INTRODUCED'].includes(organisation.status)) return undefined;
  return { client, organisation };
}

/** @param expiresAt end of the access token, ms */
export function callerOf({ client, organisation }: CallerEntry, expiresAt: number): Caller {
  const own = organisation.status === 'SELF';
  return {
    organisation: organisation.id,
    clientId: client.clientId,
    own,
    introduced: organisation.status === 'INTRODUCED',
    roles: own ? rolesOf(client) : [],
    groups: organisation.status === 'ACTIVE' ? organisation.groups : [],
    expiresAt,
  };
}

/** Whoever holds the node's own key operates the node. */
function rolesOf(client: Client): Role[] {
  return client.node ? ['ADMINISTRATOR'] : ROLES.filter((role) => client.roles.includes(role));
}
