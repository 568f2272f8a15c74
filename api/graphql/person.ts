import { LotbookError } from '../errors.ts';
import { personClientId } from '../people/environment.ts';
import type { PersonView } from '../people/people.ts';
import type { Assignment } from '../people/roles.ts';
import type { Caller } from '../sharing/caller.ts';
import { payload } from './errors.ts';
import type { GraphQLContext } from './context.ts';
import type { Person, PersonStatus, Resolvers, RoleAssignmentInput } from './generated/resolvers.ts';
import { isUuid } from './request.ts';

export const person: Resolvers = {
  Query: {
    me: async (_, _args, { caller, people, node }) => {
      const { organisation, clientId } = caller;
      const here = caller.person;
      const known = here ? await people.find(here.id) : null;
      const sessions = here ? await people.sessions(here.id) : [];
      return {
        organisation,
        clientId,
        roles: assignmentsOf(caller),
        person: known && viewOf(known, node.organisation),
        sessions: sessions.map((each) => ({ ...each, current: each.id === here?.session })),
      };
    },
    people: async (_, _args, { people, node }) =>
      (await people.list()).map((each) => viewOf(each, node.organisation)),
  },
  Mutation: {
    invitePerson: (_, { input }, { people }) =>
      payload(() =>
        people.invite({ ...input, roles: rolesFrom(input.roles), hours: input.hours ?? undefined }),
      ),
    inviteAgain: (_, { person: id }, { people }) =>
      payload(async () => people.inviteAgain(checked(id, 'person'))),
    setRoles: (_, { person: id, roles }, context) =>
      answer(context, () => context.people.setRoles(checked(id, 'person'), rolesFrom(roles))),
    suspendPerson: (_, { person: id }, context) =>
      answer(context, () => context.people.suspend(checked(id, 'person'))),
    resumePerson: (_, { person: id }, context) =>
      answer(context, () => context.people.resume(checked(id, 'person'))),
    endSession: (_, { id }, { caller, people }) =>
      payload(async () => {
        const ended = await people.endSessions(personOf(caller), checked(id, 'id'));
        if (ended > 0) return { ended };
        throw new LotbookError('NOT_FOUND', 'You have no such session.', { place: 'id' });
      }),
    endAllSessions: (_, _args, { caller, people }) =>
      payload(async () => ({ ended: await people.endSessions(personOf(caller)) })),
  },
};

export function rolesFrom(given: readonly RoleAssignmentInput[]): Assignment[] {
  return given.map(({ role, book }) => ({ role, book: book ?? null }));
}

export function checked(id: string, place: string): string {
  if (isUuid(id)) return id.toLowerCase();
  throw new LotbookError('NOT_FOUND', 'Nothing has this id.', { place });
}

function assignmentsOf({ roles, rolesIn }: Caller): Assignment[] {
  const inAll = roles.map((role) => ({ role, book: null }));
  const inOnes = [...(rolesIn ?? [])].flatMap(([book, list]) => list.map((role) => ({ role, book })));
  return [...inAll, ...inOnes];
}

function answer({ node }: GraphQLContext, work: () => Promise<PersonView>) {
  return payload(async () => ({ person: viewOf(await work(), node.organisation) }));
}

function viewOf(view: PersonView, organisation: string): Person {
  const clientId = personClientId(organisation, view.id);
  return { ...view, clientId, status: view.status as PersonStatus };
}

/** Nodes and programs have no sessions. */
function personOf({ person: of }: Caller): string {
  if (of) return of.id;
  throw new LotbookError('NOT_PERMITTED', 'This is for people.');
}
