import { BlockList, isIP } from 'node:net';

/** Which addresses a node may call. */
export interface Networks {
  allows(address: string): boolean;
}

/** Networks that an operator can allow by name. */
const NAMED: Readonly<Record<string, readonly string[]>> = {
  loopback: ['127.0.0.0/8', '::1/128'],
  private: ['10.0.0.0/8', '100.64.0.0/10', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7'],
};

/** What is not of the public Internet (RFC 6890 and its registry). */
const SPECIAL_V4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
];
/** Of IPv6 only this is; and in it not what stands for an IPv4 address or is set aside. */
const PUBLIC_V6 = ['2000::/3'];
const SPECIAL_V6 = ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20'];

export const ANY_NETWORK: Networks = { allows: () => true };

/**
 * The public Internet, and the networks that the operator allows.
 * @param allowed `loopback`, `private`, or networks as `10.1.0.0/16`, with commas between
 * @throws TypeError where one is no network
 */
export function openNetworks(allowed: string | undefined): Networks {
  const names = (allowed ?? '').split(',').filter((name) => name !== '');
  const open = listOf(names.flatMap((name) => NAMED[name] ?? [name]));
  const special = listOf([...SPECIAL_V4, ...SPECIAL_V6]);
  const publicV6 = listOf(PUBLIC_V6);
  return {
    allows: (given) => {
      const address = plain(given);
      const family = familyOf(address);
      if (family === null) return false;
      if (open.check(address, family)) return true;
      return !special.check(address, family) && (family === 'ipv4' || publicV6.check(address, family));
    },
  };
}

function listOf(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', bits] = network.split('/');
    const family = familyOf(address);
    if (family === null) throw new TypeError(`LOTBOOK_OUTBOUND_NETWORKS names no network: ${network}`);
    list.addSubnet(address, Number(bits), family);
  }
  return list;
}

/** An IPv4 address also where it is written as IPv6 (RFC 4291, section 2.5.5.2). */
function plain(address: string): string {
  const [, dotted] = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address) ?? [];
  if (dotted) return dotted;
  const [, high, low] = /^::ffff:([\da-f]{1,4}):([\da-f]{1,4})$/i.exec(address) ?? [];
  if (high === undefined || low === undefined) return address;
  const bits = Number.parseInt(high, 16) * 65_536 + Number.parseInt(low, 16);
  return [24, 16, 8, 0].map((shift) => (bits >>> shift) & 255).join('.');
}

function familyOf(address: string): 'ipv4' | 'ipv6' | null {
  const version = isIP(address);
  return version === 0 ? null : version === 4 ? 'ipv4' : 'ipv6';
}
