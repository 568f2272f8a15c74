import { linkPage, messagePage } from './pages.ts';
import { HOME, type Visit } from './visit.ts';

const OVER = 'It was used, replaced by a newer one, or is over. Ask an administrator for a new one.';

export async function showLink(visit: Visit): Promise<void> {
  const { people, frame } = visit;
  const code = codeOf(visit);
  const known = await people.personOfLink(code);
  if (!known) return showOver(visit);
  const typed = { name: '', email: '' };
  visit.show(linkPage({ ...frame, code, provider: people.oidc !== null, known, typed }));
}

/** Sets the password of whoever has the link. */
export async function useLink(visit: Visit): Promise<void> {
  const { people, frame } = visit;
  const code = codeOf(visit);
  if (people.oidc) return visit.go(`/invitations/${encodeURIComponent(code)}`);
  const known = await people.personOfLink(code);
  const typed = { name: visit.field('name'), email: visit.field('email') };
  try {
    const password = visit.field('password');
    await visit.letIn(await people.acceptLink(code, { ...typed, password }, visit.origin), HOME);
  } catch (error) {
    const { status, text } = visit.explain(error);
    if (!known || status === 404) return showOver(visit);
    visit.show(linkPage({ ...frame, code, provider: false, known, typed, error: text }), status);
  }
}

function showOver(visit: Visit): void {
  visit.show(messagePage(visit.frame, 'This link is not good', OVER), 404);
}

function codeOf({ req }: Visit): string {
  return String(req.params['code']);
}
