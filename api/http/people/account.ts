import type { Caller } from '../../sharing/caller.ts';
import { accountPage } from './pages.ts';
import type { Visit } from './visit.ts';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export async function showAccount(visit: Visit): Promise<void> {
  const { people, frame } = visit;
  const here = (await visit.visitor())?.person;
  const person = here && (await people.find(here.id));
  if (!here || !person) return visit.go('/login');
  const sessions = (await people.sessions(here.id)).map((each) => ({
    ...each,
    current: each.id === here.session,
  }));
  const { email, roles } = person;
  visit.show(accountPage(frame, { name: person.name ?? '', email, roles, sessions }));
}

export async function endSession(visit: Visit): Promise<void> {
  const caller = await visit.visitor();
  const id = String(visit.req.params['id']);
  if (caller?.person && UUID.test(id)) {
    await visit.people.endSessions(caller.person.id, id);
    await note(visit, caller, 'end session');
  }
  visit.go('/account');
}

export async function logOut(visit: Visit): Promise<void> {
  const { people, res, cookies } = visit;
  const caller = await visit.visitor();
  const isEverywhere = visit.field('everywhere') === 'yes';
  if (caller?.person) {
    await people.endSessions(caller.person.id, isEverywhere ? undefined : caller.person.session);
    await note(visit, caller, isEverywhere ? 'log out everywhere' : 'log out');
  }
  res.clearCookie(cookies.session, cookies.options);
  visit.go('/login');
}

function note({ people, origin }: Visit, { clientId }: Caller, action: string): Promise<void> {
  return people.log.note({ who: clientId, address: origin.address, action, result: 'OK' });
}
