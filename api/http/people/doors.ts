import { type RequestHandler, Router, urlencoded } from 'express';
import { limitRate } from '../rate-limit.ts';
import { endSession, logOut, showAccount } from './account.ts';
import { showLink, useLink } from './link.ts';
import { finishLogin, logIn, showLogin, startLogin } from './login.ts';
import { messagePage } from './pages.ts';
import { checkForm, isPrivate } from './same-origin.ts';
import { STYLE } from './style.ts';
import { type PeoplePages, Visit } from './visit.ts';

/** Log-ins of an address: the back-off of failed ones is stricter. */
const A_MINUTE = 120;
const OPEN_NETWORK =
  'People log in over https, or on the machine of the node. Its operator sets LOTBOOK_URL to the https address of the proxy before it.';

/** The pages by which people come in and out. No script: each works in any browser. */
export function peopleDoors(pages: PeoplePages): Router {
  const { url, proxies, now } = pages;
  const visits =
    (answer: (visit: Visit) => Promise<void>): RequestHandler =>
    (req, res, next) =>
      void answer(new Visit(pages, req, res)).catch(next);
  /** Passwords and sessions do not go over the open network; a form is taken from a page of this node alone. */
  const guarded: RequestHandler = (req, res, next) => {
    if (!isPrivate(req, url)) {
      const visit = new Visit(pages, req, res);
      return visit.show(messagePage(visit.frame, 'Not over this connection', OPEN_NETWORK), 403);
    }
    if (req.method === 'POST') checkForm(req, url);
    next();
  };
  const limit = limitRate({ most: A_MINUTE, windowMs: 60_000, now, proxies });
  const form = urlencoded({ extended: false, limit: '16kb', parameterLimit: 10 });
  return Router()
    .get('/people.css', (_req, res) => {
      res.type('css').set('Cache-Control', 'public, max-age=3600').send(STYLE);
    })
    .get('/login', guarded, visits(showLogin))
    .post('/login', guarded, limit, form, visits(logIn))
    .get('/login/start', guarded, limit, visits(startLogin))
    .get('/login/callback', guarded, limit, visits(finishLogin))
    .get('/invitations/:code', guarded, visits(showLink))
    .get('/invitations/:code/start', guarded, limit, visits(startLogin))
    .post('/invitations/:code', guarded, limit, form, visits(useLink))
    .get('/account', guarded, visits(showAccount))
    .post('/account/sessions/:id', guarded, form, visits(endSession))
    .post('/log-out', guarded, form, visits(logOut));
}
