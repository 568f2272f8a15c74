import type { IncomingMessage } from 'node:http';

/**
 * The network address that a request is from. Each proxy before the node writes the address that it heard from at the end of
 * X-Forwarded-For: what is before the entries of the known ones anybody can have written.
 */
export function addressOf(
  req: Pick<IncomingMessage, 'headers'> & { socket?: { remoteAddress?: string | undefined } },
  proxies: number,
): string {
  const near = (req.socket?.remoteAddress ?? '').replace(/^::ffff:(?=\d)/, '');
  if (proxies === 0) return near;
  const given = [req.headers['x-forwarded-for']].flat().join(',');
  const hops = given.split(',').map((hop) => hop.trim());
  const said = hops.at(-proxies) ?? '';
  return /^[\da-fA-F.:]{2,45}$/.test(said) ? said : near;
}
