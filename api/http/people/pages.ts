import { html, Html } from './html.ts';

/** Of what every page tells. */
export interface PageFrame {
  /** Name of the organisation. */
  organisation: string;
}

interface Shown extends PageFrame {
  /** What went wrong with what was sent before. */
  error?: string | undefined;
}

export const SHORTEST_PASSWORD = 12;

export function page({ organisation }: PageFrame, title: string, body: Html, isWide = false): string {
  const { text } = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${title} - ${organisation}</title>
<link rel="stylesheet" href="/people.css">
</head>
<body>
<main${isWide ? new Html(' class="wide"') : null}>
<div class="card">
<h1>${title}</h1>
<p class="soft">Lotbook of ${organisation}</p>
${body}
</div>
</main>
</body>
</html>
`;
  return text;
}

function alert(error: string | undefined): Html | null {
  return error === undefined ? null : html`<p role="alert" id="error">${error}</p>`;
}

export function loginPage(shown: Shown & { email: string; returnTo: string; provider: boolean }): string {
  const { email, returnTo, provider, error } = shown;
  const to = returnTo === '' ? '' : `?to=${encodeURIComponent(returnTo)}`;
  if (provider) {
    return page(
      shown,
      'Log in',
      html`${alert(error)}
        <p>Your organisation lets you in at its own log-in.</p>
        <p><a class="button" href="/login/start${to}">Continue</a></p>`,
    );
  }
  return page(
    shown,
    'Log in',
    html`${alert(error)}
      <form method="post" action="/login${to}">
        <label for="email">E-mail address</label>
        <input
          id="email"
          name="email"
          type="email"
          autocomplete="username"
          required
          value="${email}"
          ${described(error)}
        />
        <label for="password">Password</label>
        <input
          id="password"
          name="password"
          type="password"
          autocomplete="current-password"
          required${described(error)}
        />
        <div class="act"><button type="submit">Log in</button></div>
      </form>
      <p class="soft">Password forgotten? An administrator can send you a new link.</p>`,
  );
}

export function linkPage(
  shown: Shown & {
    code: string;
    provider: boolean;
    /** What the node knows of the person; what it does not know is asked. */
    known: { name: string | null; email: string | null };
    typed: { name: string; email: string };
  },
): string {
  const { code, provider, known, typed, error } = shown;
  const title = known.name === null ? 'The first administrator' : `Welcome, ${known.name}`;
  const name =
    known.name === null
      ? html`<label for="name">Your name</label>
          <input id="name" name="name" autocomplete="name" required maxlength="200" value="${typed.name}" />`
      : null;
  const email =
    known.email === null
      ? html`<label for="email">E-mail address, to log in with</label>
          <input
            id="email"
            name="email"
            type="email"
            autocomplete="username"
            required
            value="${typed.email}"
          />`
      : html`<label for="email">E-mail address, to log in with</label>
          <input
            id="email"
            name="email"
            type="email"
            autocomplete="username"
            readonly
            value="${known.email}"
          />`;
  const fields = html`${name}${email}
    <label for="password">Choose a password</label>
    <input
      id="password"
      name="password"
      type="password"
      autocomplete="new-password"
      required
      minlength="${String(SHORTEST_PASSWORD)}"
      maxlength="256"
      aria-describedby="hint"
    />
    <p class="soft" id="hint">At least ${String(SHORTEST_PASSWORD)} characters; a few words are best.</p>`;
  if (provider) {
    // A link, for browsers hold the policy for forms against wherever a provider sends them on to.
    return page(
      shown,
      title,
      html`${alert(error)}
        <p>Your organisation lets you in at its own log-in. Once you are back, this link is used up.</p>
        <p><a class="button" href="/invitations/${code}/start">Continue</a></p>`,
    );
  }
  return page(
    shown,
    title,
    html`${alert(error)}
      <form method="post" action="/invitations/${code}">
        ${fields}
        <div class="act"><button type="submit">Set the password and log in</button></div>
      </form>`,
  );
}

export interface AccountView {
  name: string;
  email: string | null;
  roles: readonly { role: string; book: string | null }[];
  sessions: readonly { id: string; address: string; agent: string; usedAt: Date; current: boolean }[];
}

export function accountPage(frame: PageFrame, { name, email, roles, sessions }: AccountView): string {
  const rows = roles.map(
    ({ role, book }) => html`<li><span>${role}</span><span class="soft">${book ?? 'all books'}</span></li>`,
  );
  const open = sessions.map(
    ({ id, address, agent, usedAt, current }) =>
      html`<li>
        <span
          >${current ? 'This browser' : agent || 'Another browser'}<br /><span class="soft"
            >from ${address}, last used ${minute(usedAt)}</span
          ></span
        >
        <form method="post" action="/account/sessions/${id}">
          <button
            class="plain"
            type="submit"
            aria-label="End the session from ${address}, last used ${minute(usedAt)}"
          >
            End
          </button>
        </form>
      </li>`,
  );
  return page(
    frame,
    name,
    html`<p>${email ?? 'You come in by your organisation’s own log-in.'}</p>
      <form method="post" action="/log-out" class="act">
        <button type="submit">Log out</button>
        <button class="plain" type="submit" name="everywhere" value="yes">Log out everywhere</button>
      </form>
      <h2>Your roles</h2>
      ${
        rows.length === 0
          ? html`<p>None yet: ask an administrator.</p>`
          : html`<ul>
              ${rows}
            </ul>`
      }
      <h2>Where you are logged in</h2>
      <ul>
        ${open}
      </ul>`,
    true,
  );
}

/** What cannot go on, and what to do. */
export function messagePage(frame: PageFrame, title: string, message: string): string {
  return page(
    frame,
    title,
    html`<p>${message}</p>
      <p><a class="button" href="/login">To the log-in</a></p>`,
  );
}

function described(error: string | undefined): Html | null {
  return error === undefined ? null : new Html(' aria-describedby="error"');
}

function minute(at: Date): string {
  return `${at.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
