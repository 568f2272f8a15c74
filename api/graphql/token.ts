import type { ApiTokenView } from '../people/api-tokens.ts';
import { tokenClientId } from '../people/environment.ts';
import { payload } from './errors.ts';
import type { ApiToken, Resolvers } from './generated/resolvers.ts';
import { checked, rolesFrom } from './person.ts';

const DAYS = 90;

export const token: Resolvers = {
  Query: {
    apiTokens: async (_, _args, { people, node }) =>
      (await people.apiTokens()).map((each) => viewOf(each, node.organisation)),
  },
  Mutation: {
    createApiToken: (_, { input }, { caller, people, node }) =>
      payload(async () => {
        const { name, roles, days } = input;
        const asked = { name, roles: rolesFrom(roles), days: days ?? DAYS };
        const made = await people.createApiToken(asked, caller.clientId);
        return { token: made.token, apiToken: viewOf(made.view, node.organisation) };
      }),
    revokeApiToken: (_, { id }, { people, node }) =>
      payload(async () => ({
        apiToken: viewOf(await people.revokeApiToken(checked(id, 'id')), node.organisation),
      })),
  },
};

function viewOf(view: ApiTokenView, organisation: string): ApiToken {
  return { ...view, clientId: tokenClientId(organisation, view.id) };
}
