import { freePort } from './nodes.ts';
import { runScript } from './process.ts';
import { TestBrowser } from './people.ts';

export interface TestProvider {
  issuer: string;
  clientId: string;
  clientSecret: string;
  stop(): Promise<void>;
}

/** Lets everybody in who has a name, in the groups that the name says: `ada+quality+ops`. */
const PROVIDER = `
  import Provider from 'oidc-provider';
  const { PORT, REDIRECT } = process.env;
  const provider = new Provider('http://127.0.0.1:' + PORT, {
    clients: [{ client_id: 'lotbook', client_secret: 'a secret of the client', redirect_uris: [REDIRECT],
      token_endpoint_auth_method: 'client_secret_post' }],
    pkce: { required: () => true },
    claims: { openid: ['sub'], profile: ['name', 'groups'], email: ['email'] },
    findAccount: (_ctx, sub) => {
      const [name, ...groups] = sub.split('+');
      return { accountId: sub, claims: () => ({ sub, name, groups, email: name + '@idp.example' }) };
    },
  });
  provider.on('server_error', (_ctx, error) => console.log('error ' + error.stack));
  provider.listen(Number(PORT), '127.0.0.1', () => console.log('open'));
`;

/** A real OpenID provider in a process of its own. */
export async function startProvider(redirectUri: string): Promise<TestProvider> {
  const port = await freePort();
  const script = runScript(PROVIDER, { PORT: String(port), REDIRECT: redirectUri });
  await script.line('open');
  return {
    issuer: `http://127.0.0.1:${port}`,
    clientId: 'lotbook',
    clientSecret: 'a secret of the client',
    stop: async () => {
      script.child.kill('SIGKILL');
      await script.ended;
    },
  };
}

/** Goes through the pages of the provider as somebody. @returns the address that it sends the browser back to */
export async function logInThere(start: string, login: string): Promise<string> {
  const { origin } = new URL(start);
  const browser = new TestBrowser(origin);
  let answer = await browser.get(start);
  for (let steps = 0; steps < 10; steps += 1) {
    const at = answer.location && new URL(answer.location, origin);
    if (at && at.origin !== origin) return at.href;
    if (at) {
      answer = await browser.get(at.href);
      continue;
    }
    const [, action = ''] = /<form[^>]* action="([^"]+)"/.exec(answer.text) ?? [];
    const [, prompt = ''] = /name="prompt" value="([^"]+)"/.exec(answer.text) ?? [];
    answer = await browser.submit(action, { prompt, login, password: 'any' });
  }
  throw new Error(`the provider does not send the browser back: ${answer.text.slice(0, 300)}`);
}
