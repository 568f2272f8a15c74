import { request } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { pino } from 'pino';
import { startTestNode, type TestNode } from '../support/node.ts';
import { CHEAP, type PageAnswer, TestBrowser } from '../support/people.ts';

const PASSWORD = 'correct horse battery';
let node: TestNode;
let clock: number;
let logged = '';

beforeAll(async () => {
  clock = Date.now();
  const log = pino({ level: 'trace' }, { write: (line: string) => void (logged += line) });
  node = await startTestNode('packer.example', {
    config: { proxies: 1 },
    overrides: { now: () => clock, passwordCost: CHEAP, log },
  });
});
beforeEach(() => {
  clock += 86_400_000;
});
afterAll(() => node?.remove());

let serial = 0;
/** A browser somewhere: every one has an address of its own. */
function browser(address = `192.0.2.${(serial += 1)}`): TestBrowser {
  return new TestBrowser(node.localUrl, node.localUrl, { 'x-forwarded-for': `spoofed, ${address}` });
}

function pathOf(link: string): string {
  return new URL(link).pathname;
}

/** A person with a password, and the browser in which it was set. */
async function person(email: string, ...roles: { role: 'VIEWER' | 'EDITOR'; book: string | null }[]) {
  const made = await node.context.people.invite({ name: 'Somebody', email, roles });
  const used = browser();
  expect((await used.submit(pathOf(made.link), { password: PASSWORD })).status).toBe(303);
  return { ...made, browser: used, email };
}

function logIn(at: TestBrowser, email: string, password = PASSWORD): Promise<PageAnswer> {
  return at.submit('/login', { email, password });
}

const ME = '{ node { caller { clientId roles } } }';

describe('the first administrator', () => {
  test('comes in by the link of the first start, once, and says who that is', async () => {
    const made = await node.context.people.firstLink();
    expect(await node.context.people.firstLink()).toBeNull();
    const path = pathOf(made?.link ?? '');
    const first = browser();
    const page = await first.get(path);
    expect(page.text).toContain('The first administrator');
    const typed = { name: 'Ada <b>', email: 'Ada@Packer.example', password: PASSWORD };
    const short = await first.submit(path, { ...typed, password: 'short' });
    expect([short.status, short.text.includes('12 to 256')]).toEqual([400, true]);
    expect(short.text).toContain('Ada &#60;b&#62;');
    expect(await first.submit(path, typed)).toMatchObject({ status: 303, location: '/admin/' });
    expect(await first.graphql(ME)).toMatchObject({
      data: {
        node: { caller: { clientId: `packer.example/people/${made?.person}`, roles: ['ADMINISTRATOR'] } },
      },
    });
    expect(await browser().submit(path, typed)).toMatchObject({ status: 404 });
    expect((await first.get('/account')).text).toContain('Ada &#60;b&#62;');
    expect(await node.context.people.firstLink()).toBeNull();
  });
});

describe('a link', () => {
  test('is over after its time, and void when there is a newer one', async () => {
    const { people } = node.context;
    const made = await people.invite({ name: 'Late', email: 'late@packer.example', roles: [], hours: 1 });
    clock += 3_600_000;
    expect(await browser().get(pathOf(made.link))).toMatchObject({ status: 404 });
    const again = await people.inviteAgain(made.person);
    const newest = await people.inviteAgain(made.person);
    expect((await browser().submit(pathOf(again.link), { password: PASSWORD })).status).toBe(404);
    expect((await browser().submit(pathOf(newest.link), { password: PASSWORD })).status).toBe(303);
  });

  test('of two at once lets one in', async () => {
    const made = await node.context.people.invite({ name: 'Two', email: 'two@packer.example', roles: [] });
    const answers = await Promise.all(
      [browser(), browser()].map((each) => each.submit(pathOf(made.link), { password: PASSWORD })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([303, 404]);
  });

  test('for a forgotten password ends every session that there was', async () => {
    const known = await person('forgot@packer.example');
    const made = await node.context.people.inviteAgain(known.person);
    await browser().submit(pathOf(made.link), { password: 'another good password' });
    expect((await known.browser.graphql(ME)).status).toBe(401);
    expect((await logIn(browser(), known.email)).status).toBe(401);
    expect((await logIn(browser(), known.email, 'another good password')).status).toBe(303);
  });
});

describe('a log-in', () => {
  test('answers an unknown person, a wrong password and a suspended person in one way', async () => {
    const known = await person('known@packer.example');
    const gone = await person('gone@packer.example');
    await node.context.people.suspend(gone.person);
    const answers = [
      await logIn(browser(), known.email, 'not the right one'),
      await logIn(browser(), 'nobody@packer.example'),
      await logIn(browser(), gone.email),
    ];
    const plain = answers.map(({ status, text }) => [status, text.replace(/value="[^"]*"/g, '')]);
    expect(new Set(plain.map(String)).size).toBe(1);
    expect(plain[0]?.[0]).toBe(401);
  });

  test('makes a new session, and ends the one that the browser had', async () => {
    const { browser: used, email } = await person('rotate@packer.example');
    const [before] = used.jar.values();
    expect((await logIn(used, email)).status).toBe(303);
    const [after] = used.jar.values();
    expect(after).not.toBe(before);
    const thief = browser();
    thief.jar.set('lotbook', String(before));
    expect((await thief.graphql(ME)).status).toBe(401);
    expect((await used.graphql(ME)).status).toBe(200);
  });

  test('sets a cookie that no script reads and no other site sends along', async () => {
    const known = await person('cookie@packer.example');
    const { headers } = await logIn(browser(), known.email);
    expect(headers.getSetCookie()[0]).toMatch(
      /^lotbook=[\w-]{43}; Path=\/; Expires=[^;]+; HttpOnly; SameSite=Lax$/,
    );
  });

  test('goes on to a page of this node, and to no other site', async () => {
    const { email } = await person('to@packer.example');
    const to = async (place: string) =>
      (await browser().submit(`/login?to=${encodeURIComponent(place)}`, { email, password: PASSWORD }))
        .location;
    expect(await to('/books/x?tab=1')).toBe('/books/x?tab=1');
    for (const place of ['//evil.example', '/\\evil.example', 'https://evil.example', '/\t/evil.example'])
      expect(await to(place)).toBe('/admin/');
  });

  test('that fails again and again has to wait, the right password too, at any address', async () => {
    const { email } = await person('guessed@packer.example');
    const wrong = () => logIn(browser(), email, 'a guess');
    for (let nr = 0; nr < 5; nr += 1) expect((await wrong()).status).toBe(401);
    const locked = await logIn(browser(), email);
    expect([locked.status, Number(locked.headers.get('retry-after'))]).toEqual([503, 30]);
    clock += 30_000;
    expect((await wrong()).status).toBe(401);
    expect(Number((await wrong()).headers.get('retry-after'))).toBe(60);
    clock += 60_000;
    expect((await logIn(browser(), email)).status).toBe(303);
    expect((await wrong()).status).toBe(401);
  });

  test('counts many guesses at once as well as one after the other', async () => {
    const { email } = await person('burst@packer.example');
    const answers = await Promise.all(Array.from({ length: 12 }, () => logIn(browser(), email, 'a guess')));
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(5);
  });

  test('of an address that tries many people has to wait', async () => {
    const { email } = await person('victim@packer.example');
    const one = '198.51.100.7';
    for (let nr = 0; nr < 50; nr += 1) await logIn(browser(one), `p${nr}@packer.example`, 'a guess');
    expect((await logIn(browser(one), email)).status).toBe(503);
    expect((await logIn(browser(), email)).status).toBe(303);
  });
});

describe('a session', () => {
  test('is over when it is not used, and in any case after its time', async () => {
    const { browser: used, email } = await person('idle@packer.example');
    clock += 59 * 60_000;
    expect((await used.graphql(ME)).status).toBe(200);
    clock += 60 * 60_000;
    expect((await used.graphql(ME)).status).toBe(401);
    await logIn(used, email);
    for (let hours = 0.5; hours < 12; hours += 0.5) {
      clock += 1_800_000;
      expect((await used.graphql(ME)).status).toBe(200);
    }
    clock += 1_800_000;
    expect((await used.graphql(ME)).status).toBe(401);
  });

  test('ends with its log-out; everywhere, if that is wished; and when the person is suspended', async () => {
    const { person: id, browser: first, email } = await person('out@packer.example');
    const [second, third] = [browser(), browser()];
    await logIn(second, email);
    await logIn(third, email);
    const copy = browser();
    for (const [name, value] of first.jar) copy.jar.set(name, value);
    expect((await first.submit('/log-out')).location).toBe('/login');
    expect((await copy.graphql(ME)).status).toBe(401);
    expect((await second.graphql(ME)).status).toBe(200);
    await second.submit('/log-out', { everywhere: 'yes' });
    expect((await third.graphql(ME)).status).toBe(401);
    await logIn(third, email);
    await node.context.people.suspend(id);
    expect((await third.graphql(ME)).status).toBe(401);
  });

  test('of another browser can be ended, of another person not', async () => {
    const one = await person('one@packer.example');
    const other = await person('other@packer.example');
    const [session] = await node.context.people.sessions(one.person);
    await other.browser.submit(`/account/sessions/${session?.id}`);
    expect((await one.browser.graphql(ME)).status).toBe(200);
    const second = browser();
    await logIn(second, one.email);
    await second.submit(`/account/sessions/${session?.id}`);
    expect((await one.browser.graphql(ME)).status).toBe(401);
    expect((await second.graphql(ME)).status).toBe(200);
  });

  test('asks for changes from pages of this node alone', async () => {
    const { browser: used, email } = await person('csrf@packer.example');
    for (const origin of [null, 'null', 'https://evil.example', 'http://127.0.0.1:1']) {
      used.origin = origin;
      expect([origin, (await used.graphql(ME)).status]).toEqual([origin, 403]);
      expect([origin, (await used.submit('/log-out')).status]).toEqual([origin, 403]);
      expect([origin, (await logIn(used, email)).status]).toEqual([origin, 403]);
    }
    used.origin = node.url;
    expect((await used.graphql(ME)).status).toBe(200);
    expect((await used.graphql(ME, {}, {})).status).toBe(403);
  });

  test('is not believed where a token is sent that is not valid', async () => {
    const { browser: used } = await person('both@packer.example');
    used.headers['authorization'] = 'Bearer nonsense';
    expect((await used.graphql(ME)).status).toBe(401);
  });

  test('has the roles that the person has now, in the books in which it has them', async () => {
    const book = 'packer.example/season';
    const { person: id, browser: used } = await person('roles@packer.example');
    const asks = () =>
      used.graphql('query ($book: ID!) { pendingRequests(book: $book) { edges { cursor } } }', { book });
    expect((await asks()).errors?.[0]?.extensions.code).toBe('NOT_PERMITTED');
    await node.context.people.setRoles(id, [{ role: 'APPROVER', book: 'packer.example/other' }]);
    expect((await asks()).errors?.[0]?.extensions.code).toBe('NOT_PERMITTED');
    await node.context.people.setRoles(id, [{ role: 'APPROVER', book }]);
    // The book is not there; that is told to those who may ask.
    expect((await asks()).errors?.[0]?.extensions.code).toBe('NOT_FOUND');
  });
});

describe('the pages', () => {
  test('send who is not logged in to the log-in', async () => {
    expect(await browser().get('/account')).toMatchObject({ status: 303, location: '/login' });
  });

  test('take no password over the open network', async () => {
    const status = await new Promise((resolve) => {
      request(`${node.localUrl}/login`, { headers: { host: 'packer.example' } }, (res) => {
        res.resume();
        resolve(res.statusCode);
      }).end();
    });
    expect(status).toBe(403);
  });

  test('allow no script, and nothing from elsewhere', async () => {
    const { headers, text } = await browser().get('/login');
    expect(headers.get('content-security-policy')).toMatch(/default-src 'none'.*form-action 'self'/);
    expect(headers.get('cache-control')).toBe('no-store');
    expect(text).not.toMatch(/<script|style=|https?:/);
  });
});

test('no password, link or session is in the log, nor kept as it is', async () => {
  const { link, browser: used } = await person('secret@packer.example');
  await logIn(browser(), 'secret@packer.example', 'a wrong password');
  const secrets = [PASSWORD, 'a wrong password', pathOf(link).split('/').at(-1) ?? '', ...used.jar.values()];
  const { rows } = await node.context.database.pool.query<{ all: string }>(
    `SELECT string_agg(t::text, ' ') AS all FROM (SELECT row(p.*) FROM person p UNION ALL SELECT row(s.*) FROM session s
       UNION ALL SELECT row(l.*) FROM person_link l UNION ALL SELECT row(f.*) FROM login_failure f
       UNION ALL SELECT row(a.*) FROM access_log a) AS t`,
  );
  expect(rows[0]?.all).toContain('secret@packer.example');
  for (const secret of secrets) {
    expect(logged.includes(secret)).toBe(false);
    expect(rows[0]?.all.includes(secret)).toBe(false);
  }
});
