import type { Request, Response } from 'express';
import { toLotbookError } from '../../errors.ts';
import type { Origin } from '../../people/environment.ts';
import type { People } from '../../people/people.ts';
import type { Caller } from '../../sharing/caller.ts';
import { addressOf } from '../address.ts';
import { type Cookies, cookiesOf, readCookie } from './cookies.ts';
import type { PageFrame } from './pages.ts';

/** What the pages for people are made with. */
export interface PeoplePages {
  people: People;
  /** Its name is for people. */
  organisation: { id: string; name: string };
  /** The public URL of the node. */
  url: string;
  /** How many proxies before the node are known. */
  proxies: number;
  now: () => number;
}

export const HOME = '/admin/';

/** One request of a browser, and its answer. */
export class Visit {
  readonly people: People;
  readonly frame: PageFrame;
  readonly cookies: Cookies;

  constructor(
    readonly pages: PeoplePages,
    readonly req: Request,
    readonly res: Response,
  ) {
    this.people = pages.people;
    this.frame = { organisation: pages.organisation.name };
    this.cookies = cookiesOf(pages.url);
  }

  get origin(): Origin {
    return { address: addressOf(this.req, this.pages.proxies), agent: this.req.get('user-agent') ?? '' };
  }

  /** A field of the form that was sent. */
  field(name: string): string {
    const value = (this.req.body as Record<string, unknown> | undefined)?.[name];
    return typeof value === 'string' ? value : '';
  }

  /** The page of this node to go on to; nothing that a browser could take for another site. */
  get returnTo(): string {
    const to = new URL(this.req.originalUrl, 'http://node').searchParams.get('to') ?? '';
    return /^\/(?![/\\])[\w/?=&.%~-]*$/.test(to) ? to : '';
  }

  /** Who has a session in this browser. */
  async visitor(): Promise<Caller | null> {
    const secret = readCookie(this.req, this.cookies.session);
    return secret === undefined ? null : this.people.callerOfSession(secret);
  }

  show(page: string, status = 200): void {
    this.res
      .status(status)
      .set('Cache-Control', 'no-store')
      // With `no-referrer` browsers would send a form with `Origin: null`.
      .set('Referrer-Policy', 'same-origin')
      .type('html')
      .send(page);
  }

  go(to: string): void {
    this.res.status(303).set('Cache-Control', 'no-store').location(to).end();
  }

  /** Gives the browser a new session: what it had before, perhaps planted, is not what it has now. */
  async letIn({ secret, expiresAt }: { secret: string; expiresAt: Date }, to: string): Promise<void> {
    const { req, res, cookies } = this;
    const before = readCookie(req, cookies.session);
    if (before !== undefined) await this.people.endBySecret(before);
    res.cookie(cookies.session, secret, { ...cookies.options, expires: expiresAt });
    this.go(to);
  }

  /** What to tell a person of an error. Rethrows what is the node's own. */
  explain(error: unknown): { status: number; text: string } {
    const { code, message, details, status } = toLotbookError(error);
    if (code === 'INTERNAL') throw error;
    if (details.retryAfterMs === undefined) return { status, text: message };
    const seconds = Math.max(1, Math.ceil(details.retryAfterMs / 1000));
    this.res.set('Retry-After', String(seconds));
    const wait = seconds > 90 ? `${Math.ceil(seconds / 60)} minutes` : `${seconds} seconds`;
    return { status, text: `${message} Try again in ${wait}.` };
  }
}
