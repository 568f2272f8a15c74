import { LotbookError } from '../../errors.ts';
import { readCookie } from './cookies.ts';
import { loginPage, messagePage } from './pages.ts';
import { HOME, type Visit } from './visit.ts';

/** The browser comes back from the provider within this time. */
const LOGIN_COOKIE_MS = 600_000;

export async function showLogin(visit: Visit): Promise<void> {
  const { people, frame, returnTo } = visit;
  if (await visit.visitor()) return visit.go(returnTo || HOME);
  visit.show(loginPage({ ...frame, email: '', returnTo, provider: people.oidc !== null }));
}

export async function logIn(visit: Visit): Promise<void> {
  const { people, frame, returnTo } = visit;
  if (people.oidc) return visit.go('/login');
  const email = visit.field('email');
  try {
    const session = await people.logIn({ email, password: visit.field('password') }, visit.origin);
    await visit.letIn(session, returnTo || HOME);
  } catch (error) {
    const { status, text } = visit.explain(error);
    visit.show(loginPage({ ...frame, email, returnTo, provider: false, error: text }), status);
  }
}

/** Sends the browser to the OpenID provider; with a link for who comes in for the first time. */
export async function startLogin(visit: Visit): Promise<void> {
  const { people, req, res, cookies, returnTo } = visit;
  const { code } = req.params;
  try {
    if (!people.oidc) throw noProvider();
    const begun = await people.oidc.begin(returnTo || HOME, typeof code === 'string' ? code : null);
    res.cookie(cookies.login, begun.state, { ...cookies.options, maxAge: LOGIN_COOKIE_MS });
    visit.go(begun.url);
  } catch (error) {
    showFailure(visit, error);
  }
}

/** Where the provider sends the browser back to. */
export async function finishLogin(visit: Visit): Promise<void> {
  const { people, pages, req, res, cookies } = visit;
  const state = readCookie(req, cookies.login) ?? '';
  res.clearCookie(cookies.login, cookies.options);
  try {
    if (!people.oidc) throw noProvider();
    const answer = new URL(req.originalUrl, pages.url);
    const { returnTo, ...session } = await people.oidc.finish(answer, state, visit.origin);
    await visit.letIn(session, returnTo);
  } catch (error) {
    showFailure(visit, error);
  }
}

function showFailure(visit: Visit, error: unknown): void {
  const { status, text } = visit.explain(error);
  visit.show(messagePage(visit.frame, 'That did not work', text), status);
}

function noProvider(): LotbookError {
  return new LotbookError('NOT_FOUND', 'There is no OpenID provider here.');
}
