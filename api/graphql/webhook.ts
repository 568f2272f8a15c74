import { LotbookError } from '../errors.ts';
import { payload } from './errors.ts';
import type { Resolvers } from './generated/resolvers.ts';
import { isUuid } from './request.ts';

/** Resolvers of `schema/webhook.graphql`. */
export const webhook: Resolvers = {
  Query: {
    webhooks: (_, _args, { caller, webhooks }) => webhooks.list(caller),
  },
  Mutation: {
    addWebhook: (_, { input }, { caller, webhooks }) =>
      payload(async () => ({ webhook: await webhooks.add(caller, input) })),
    replayWebhook: (_, { id, after }, { caller, webhooks }) =>
      payload(async () => ({ webhook: await webhooks.replay(caller, known(id), after ?? null) })),
    enableWebhook: (_, { id }, { caller, webhooks }) =>
      payload(async () => ({ webhook: await webhooks.enable(caller, known(id)) })),
    removeWebhook: (_, { id }, { caller, webhooks }) =>
      payload(async () => ({ webhook: await webhooks.remove(caller, known(id)) })),
  },
  Webhook: {
    nextAttemptAt: ({ failures, nextAt, state }) => (failures > 0 && state !== 'DISABLED' ? nextAt : null),
    deliveries: ({ id }, { first }, { webhooks }) => webhooks.deliveries(id, first ?? 20),
  },
};

function known(id: string): string {
  if (isUuid(id)) return id;
  throw new LotbookError('NOT_FOUND', 'There is no such webhook.', { place: 'id' });
}
