import type { Partner } from '../partners/partners.ts';
import { payload } from './errors.ts';
import { keysView } from './keys.ts';
import type { Partner as PartnerView, Resolvers } from './generated/resolvers.ts';

/** Resolvers of `schema/partner.graphql`. */
export const partnerResolvers: Pick<Resolvers, 'Query' | 'Mutation'> = {
  Query: {
    partners: async (_root, _args, { partners }) => (await partners.list()).map(partnerView),
  },
  Mutation: {
    invitePartner: (_root, { input }, { partners }) =>
      payload(async () => {
        const { note, groups, hours } = input;
        const made = await partners.invite({ note, groups: groups ?? undefined, hours: hours ?? undefined });
        return { ...made, expiresAt: made.expiresAt.toISOString() };
      }),
    acceptInvitation: (_root, { link }, { partners }) => answer(() => partners.accept(link)),
    confirmPartner: (_root, { organisation, fingerprint }, { partners }) =>
      answer(() => partners.confirm(organisation, fingerprint)),
    suspendPartner: (_root, { organisation }, { partners }) => answer(() => partners.suspend(organisation)),
    resumePartner: (_root, { organisation }, { partners }) => answer(() => partners.resume(organisation)),
    removePartner: (_root, { organisation }, { partners }) => answer(() => partners.remove(organisation)),
    setPartnerGroups: (_root, { organisation, groups }, { partners }) =>
      answer(() => partners.setGroups(organisation, groups)),
    addPartner: (_root, { input }, { partners }) =>
      answer(() => partners.addPartner({ ...input, groups: input.groups ?? undefined })),
  },
};

function answer(work: () => Promise<Partner>) {
  return payload(async () => ({ partner: partnerView(await work()) }));
}

export function partnerView(partner: Partner): PartnerView {
  const { since, unreachableSince, keyLog, ...rest } = partner;
  return {
    ...rest,
    keys: keyLog ? keysView(keyLog) : [],
    since: since.toISOString(),
    unreachableSince: unreachableSince?.toISOString() ?? null,
  };
}
