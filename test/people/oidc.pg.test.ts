import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '../support/nodes.ts';
import { startTestNode, type TestNode } from '../support/node.ts';
import { logInThere, startProvider, type TestProvider } from '../support/openid-provider.ts';
import { TestBrowser } from '../support/people.ts';

let provider: TestProvider;
let node: TestNode;
let clock = Date.now();

beforeAll(async () => {
  const port = await freePort();
  provider = await startProvider(`http://localhost:${port}/login/callback`);
  const { issuer: oidcIssuer, clientId: oidcClientId, clientSecret: oidcClientSecret } = provider;
  const roles = { oidcRolesClaim: 'groups', oidcRoles: 'quality=APPROVER,ops=ADMINISTRATOR' };
  node = await startTestNode('packer.example', {
    config: { port, oidcIssuer, oidcClientId, oidcClientSecret, ...roles },
    overrides: { now: () => clock },
  });
});
afterAll(async () => {
  await node?.remove();
  await provider?.stop();
});

const ME = '{ me { clientId roles { role book } person { name email issuer } } }';

/** The browser comes back from the provider to this path. */
async function through(browser: TestBrowser, login: string, start = '/login/start'): Promise<string> {
  const there = await browser.get(start);
  expect(there.location.startsWith(provider.issuer)).toBe(true);
  const back = new URL(await logInThere(there.location, login));
  return back.pathname + back.search;
}

async function logIn(login: string, start?: string): Promise<TestBrowser> {
  const browser = new TestBrowser(node.localUrl);
  expect(await browser.get(await through(browser, login, start))).toMatchObject({
    status: 303,
    location: '/admin/',
  });
  return browser;
}

describe('a log-in at the OpenID provider', () => {
  test('lets in whoever has a role by the groups, and takes the roles from there each time', async () => {
    const ada = await logIn('ada+quality+other');
    const { data } = await ada.graphql(ME);
    expect(data).toEqual({
      me: {
        clientId: expect.stringMatching(/^packer\.example\/people\/[0-9a-f-]{36}$/),
        roles: [{ role: 'APPROVER', book: null }],
        person: { name: 'ada', email: 'ada@idp.example', issuer: provider.issuer },
      },
    });
    const [known] = await node.context.people.list();
    const book = 'packer.example/x';
    await node.context.people.setRoles(known?.id ?? '', [
      { role: 'VIEWER', book: null },
      { role: 'EDITOR', book },
    ]);
    const again = await logIn('ada+quality+other');
    expect((await again.graphql(ME)).data).toMatchObject({
      me: {
        roles: [
          { role: 'APPROVER', book: null },
          { role: 'EDITOR', book },
        ],
      },
    });
    expect(await node.context.people.list()).toHaveLength(1);
  });

  test('does not let in whom the node does not know, nor who is suspended', async () => {
    const stranger = new TestBrowser(node.localUrl);
    expect(await stranger.get(await through(stranger, 'eve+other'))).toMatchObject({ status: 401 });
    expect(stranger.jar.size).toBe(0);
    await logIn('sue+ops');
    const sue = (await node.context.people.list()).find(({ name }) => name === 'sue');
    await node.context.people.suspend(sue?.id ?? '');
    expect(await stranger.get(await through(stranger, 'sue+ops'))).toMatchObject({ status: 401 });
  });

  test('lets an invited person in by the link, once', async () => {
    const made = await node.context.people.invite({ name: 'Ida', email: 'ida@packer.example', roles: [] });
    const path = `${new URL(made.link).pathname}/start`;
    const ida = await logIn('ida', path);
    expect((await ida.graphql(ME)).data).toMatchObject({
      me: { person: { name: 'Ida', email: 'ida@packer.example' } },
    });
    await logIn('ida');
    const second = new TestBrowser(node.localUrl);
    expect(await second.get(await through(second, 'imp', path))).toMatchObject({ status: 404 });
  });

  test('counts once, only in the browser in which it was begun, and not for long', async () => {
    const [one, other] = [new TestBrowser(node.localUrl), new TestBrowser(node.localUrl)];
    const back = await through(one, 'ada+quality+other');
    expect((await other.get(back)).status).toBe(401);
    const cookies = [...one.jar];
    expect((await one.get(back)).status).toBe(303);
    one.jar.clear();
    for (const [name, value] of cookies) one.jar.set(name, value);
    expect((await one.get(back)).status).toBe(401);
    const late = await through(other, 'ada+quality+other');
    clock += 600_000;
    expect((await other.get(late)).status).toBe(401);
  });

  test('is not believed with another code, another state, or the answer of another log-in', async () => {
    const [one, other] = [new TestBrowser(node.localUrl), new TestBrowser(node.localUrl)];
    const back = new URL(await through(one, 'ada+quality+other'), node.url);
    const others = new URL(await through(other, 'sue+ops'), node.url);
    back.searchParams.set('code', others.searchParams.get('code') ?? '');
    // The code belongs to another verifier: PKCE.
    expect((await one.get(back.pathname + back.search)).status).toBe(401);
    others.searchParams.set('state', 'made-up');
    expect((await other.get(others.pathname + others.search)).status).toBe(401);
  });

  test('leaves no password to log in with', async () => {
    const browser = new TestBrowser(node.localUrl);
    expect((await browser.get('/login')).text).not.toContain('password');
    expect(await browser.submit('/login', { email: 'ada@idp.example', password: 'x' })).toMatchObject({
      status: 303,
      location: '/login',
    });
  });
});
