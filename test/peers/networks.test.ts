import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openNetworks } from '../../api/peers/networks.ts';
import { openOutbound, readText } from '../../api/peers/outbound.ts';

const call = { method: 'GET', headers: {}, timeoutMs: 20_000 } as const;
const REFUSED = {
  code: 'UNREACHABLE',
  message: expect.stringContaining('LOTBOOK_OUTBOUND_NETWORKS') as string,
};

describe('the networks that a node may call', () => {
  const usual = openNetworks(undefined);

  it.each(['1.1.1.1', '100.63.255.255', '172.32.0.1', '2606:4700::1111', '::ffff:8.8.8.8'])(
    'hold the public Internet: %s',
    (address) => expect(usual.allows(address)).toBe(true),
  );

  it.each([
    '127.0.0.1',
    '0.0.0.0',
    '10.1.2.3',
    '172.16.0.1',
    '192.168.1.1',
    '169.254.169.254',
    '100.64.0.1',
    '224.0.0.1',
    '255.255.255.255',
    '198.18.0.1',
    '::',
    '::1',
    'fe80::1',
    'fd00:ec2::254',
    'ff02::1',
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '64:ff9b::7f00:1',
    '2002:7f00:1::',
    '2001:db8::1',
    'localhost',
    '',
  ])('hold nothing else: %s', (address) => expect(usual.allows(address)).toBe(false));

  it('hold besides what the operator allows, and no more', () => {
    const networks = openNetworks('loopback,10.1.0.0/16,fd12::/32');
    const asked = [
      '127.0.0.1',
      '::1',
      '10.1.9.9',
      'fd12::5',
      '::ffff:10.1.0.1',
      '10.2.0.1',
      'fd13::5',
      '192.168.0.1',
    ];
    expect(asked.map(networks.allows)).toEqual([true, true, true, true, true, false, false, false]);
    expect(openNetworks('private').allows('192.168.0.1')).toBe(true);
    expect(() => openNetworks('10.1')).toThrow('LOTBOOK_OUTBOUND_NETWORKS');
  });
});

describe('a call to an address that a partner named', () => {
  let server: Server;
  let port: number;
  let asked = 0;
  beforeAll(async () => {
    server = createServer((req, res) => {
      asked += 1;
      if (req.url === '/moved') res.writeHead(302, { location: 'http://127.0.0.1:1/' }).end();
      else res.end('here');
    });
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    ({ port } = server.address() as AddressInfo);
  });
  afterAll(() => server.close());

  // A name is judged by what it is found to be, a number by what it means however it is written.
  it.each(['127.0.0.1', 'localhost', '2130706433', '0x7f.1', '[::1]', '[::ffff:127.0.0.1]', '0'])(
    'does not reach the network of the node: %s',
    async (host) => {
      asked = 0;
      await expect(
        openOutbound(openNetworks(undefined))(`http://${host}:${port}/`, call),
      ).rejects.toMatchObject(REFUSED);
      expect(asked).toBe(0);
    },
  );

  it('reaches it where the operator allowed that, and follows no redirect', async () => {
    const send = openOutbound(openNetworks('loopback'));
    expect(await readText(await send(`http://localhost:${port}/`, call), 100)).toBe('here');
    await expect(send(`http://localhost:${port}/moved`, call)).rejects.toMatchObject({ code: 'UNREACHABLE' });
    await expect(send('file:///etc/passwd', call)).rejects.toMatchObject({ code: 'UNREACHABLE' });
  });
});
