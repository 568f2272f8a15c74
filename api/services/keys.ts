import type { Approval } from '../approval/approval.ts';
import { logKeysInBooks } from '../approval/log-keys.ts';
import type { Context } from '../context.ts';
import type { PinnedKeys } from '../identity/jws.ts';
import { verificationKey } from '../identity/jwk.ts';
import { mainKeys } from '../store/clients.ts';
import type { PartnerStore } from '../store/partners.ts';

/** Makes members known; one that a mandate names under another key may have changed it, and is asked. */
export function introducing({ partners, keyLogs }: Context): Context['partners']['introduceMembers'] {
  return async (owner, members) => {
    const refused = await partners.introduceMembers(owner, members);
    for (const organisation of refused) void keyLogs.follow(organisation);
    return refused;
  };
}

/** Each change of this node's key goes into the logs of its books. */
export function followOwnKeys(
  { database, node, keys, log, onClose }: Context,
  { sequencer }: Approval,
): void {
  const deps = { pool: database.pool, organisation: node.organisation, keys, log };
  const logKeys = (): void => {
    logKeysInBooks(deps, sequencer).catch((error: unknown) =>
      log.warn({ err: error }, 'the new key is not in the logs of all books yet'),
    );
  };
  onClose(keys.watch(logKeys));
  logKeys();
}

/** The key that stands for an organisation now. */
export async function mainKey(prisma: PartnerStore, organisation: string): Promise<PinnedKeys> {
  const keys = [...(await mainKeys(prisma, [organisation])).values()].map(verificationKey);
  return new Map(keys.map((key) => [key.kid, key]));
}
