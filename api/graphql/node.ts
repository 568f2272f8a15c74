import { type Role, ROLES } from '../sharing/caller.ts';
import type { Client } from '../store/clients.ts';
import { payload } from './errors.ts';
import type { Client as ClientView, Resolvers } from './generated/resolvers.ts';

/** Resolvers of `schema/node.graphql`, but `requestState`, which is a request's. */
export const nodeResolvers: Pick<Resolvers, 'Query' | 'Mutation'> = {
  Query: {
    node: (_root, _args, { node, caller }) => ({
      ...node,
      caller: { organisation: caller.organisation, clientId: caller.clientId, roles: [...caller.roles] },
    }),
  },
  Mutation: {
    addClient: (_root, { input }, { partners }) =>
      payload(async () => ({ client: viewOf(await partners.addProgram(input)) })),
    revokeClient: (_root, { clientId }, { partners }) =>
      payload(async () => ({ client: viewOf(await partners.revokeProgram(clientId)) })),
  },
};

function viewOf({ clientId, organisation, kid, roles, createdAt, revokedAt }: Client): ClientView {
  const known: Role[] = ROLES.filter((role) => roles.includes(role));
  return {
    clientId,
    organisation,
    kid,
    roles: known,
    createdAt: createdAt.toISOString(),
    revokedAt: revokedAt?.toISOString() ?? null,
  };
}
