import type { KeysLine } from '../ledger/export/lines.ts';
import { mainKeys } from '../store/clients.ts';
import { readKeyLogs } from '../store/key-statements.ts';
import { type Db, findOrganisation } from '../store/partners.ts';

/** The key log of an organisation, or the one key that is pinned for it; null where none is known here. */
export async function keysLineOf(db: Db, organisation: string): Promise<KeysLine | null> {
  const [known, logs, pinned] = await Promise.all([
    findOrganisation(db, organisation),
    readKeyLogs(db, [organisation]),
    mainKeys(db, [organisation]),
  ]);
  const name = known?.name ?? organisation;
  const log = logs.get(organisation);
  if (log) return { organisation, name, log };
  const jwk = pinned.get(organisation);
  return jwk ? { organisation, name, jwk } : null;
}
