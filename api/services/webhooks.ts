import type { Context } from '../context.ts';
import type { RoomSources } from '../delivery/open-room.ts';
import { openWebhooks, type Webhooks } from '../delivery/webhooks/webhooks.ts';
import { callerOf, readEntry } from '../http/caller-directory.ts';
import type { Caller } from '../sharing/caller.ts';
import type { PartnerStore } from '../store/partners.ts';

/** Feeds that are posted to addresses. */
export function openWebhookRoom(context: Context, sources: RoomSources): Webhooks {
  const { config, keys: signer, log, randomId, send, bell, database } = context;
  const webhooks = openWebhooks({
    ...sources,
    bell,
    signer,
    send,
    callerNamed: callerNamed(database.prisma),
    giveUpMs: config.webhookHours * 3_600_000,
    random: Math.random,
    randomId,
    log,
  });
  context.onClose(() => webhooks.stop());
  return webhooks;
}

/** Nodes and programs with a key, as they may call now. */
export function callerNamed(prisma: PartnerStore): (clientId: string) => Promise<Caller | null> {
  return async (clientId) => {
    const entry = await readEntry(prisma, clientId);
    return entry ? callerOf(entry, Infinity) : null;
  };
}
