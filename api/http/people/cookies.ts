import type { IncomingMessage } from 'node:http';
import type { CookieOptions } from 'express';

/** The cookies of a node: over https with the prefix that keeps them from other hosts and from plain HTTP (RFC 6265bis). */
export interface Cookies {
  session: string;
  /** Holds the state of a log-in at an OpenID provider, while the browser is there. */
  login: string;
  options: CookieOptions;
}

/** @param url the public URL of the node */
export function cookiesOf(url: string): Cookies {
  const secure = url.startsWith('https:');
  const prefix = secure ? '__Host-' : '';
  return {
    session: `${prefix}lotbook`,
    login: `${prefix}lotbook_login`,
    options: { httpOnly: true, secure, sameSite: 'lax', path: '/' },
  };
}

/** One value of a cookie; undefined where there is none, or several that differ: then somebody has planted one. */
export function readCookie({ headers }: Pick<IncomingMessage, 'headers'>, name: string): string | undefined {
  const values = (headers.cookie ?? '')
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => pair.startsWith(`${name}=`))
    .map((pair) => pair.slice(name.length + 1));
  return new Set(values).size === 1 ? values[0] : undefined;
}
