import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fingerprint, publicPart, thumbprint } from '../../api/identity/jwk.ts';
import { localSigner } from '../../api/identity/signer.ts';
import { signAcceptance } from '../../api/partners/statements.ts';
import { generateKey } from '../support/key.ts';
import { startTestNode, type TestNode } from '../support/node.ts';

let packer: TestNode;
let buyer: TestNode;
let ahead = 0;
const now = () => Date.now() + ahead;

beforeAll(async () => {
  [packer, buyer] = await Promise.all([
    startTestNode('packer.example', { overrides: { now } }),
    startTestNode('buyer.example', { overrides: { now } }),
  ]);
});
afterAll(() => Promise.all([packer?.remove(), buyer?.remove()]));

const partnersOf = (node: TestNode) => node.context.partners;
const find = async (node: TestNode, organisation: string) =>
  (await partnersOf(node).list()).find((partner) => partner.organisation === organisation);

async function invite(groups: string[] = []) {
  return partnersOf(packer).invite({ note: 'for a test', groups });
}

/** What any holder of a link could send: an acceptance in a name, with a key. */
async function sendAcceptance(
  link: string,
  organisation: string,
  key = generateKey(),
  change: { now?: number } = {},
) {
  const [, code = ''] = /invitations\/(.+)#/.exec(link) ?? [];
  const self = { organisation, name: organisation, url: 'http://localhost:9' };
  const statement = await signAcceptance(
    { self, jwk: publicPart(key), inviter: 'packer.example', code, now: now(), ...change },
    localSigner(key),
  );
  return postAcceptance(statement);
}

async function postAcceptance(statement: string) {
  // Past the door's rate limit, which has a test of its own.
  return partnersOf(packer).receiveAcceptance(statement);
}

describe('two organisations become partners', () => {
  test('by an invitation, its acceptance and the comparison of the fingerprint', async () => {
    const { link, fingerprint: read } = await invite(['retail']);
    expect(read).toBe(fingerprint(packer.jwk));

    const seenByBuyer = await partnersOf(buyer).accept(link);
    expect(seenByBuyer).toMatchObject({
      organisation: 'packer.example',
      status: 'ACTIVE',
      fingerprint: read,
    });
    expect(await find(packer, 'buyer.example')).toMatchObject({
      status: 'UNCONFIRMED',
      groups: ['retail'],
      name: 'The buyer.example',
      url: buyer.url,
    });
    // Until its people compared, the new partner's node is not let in.
    await expect(
      buyer.context.peers.call('packer.example', '{node{name}}', {}, { timeoutMs: 5000 }),
    ).rejects.toMatchObject({
      code: 'NOT_PERMITTED',
    });

    const spoken = fingerprint(buyer.jwk).toLowerCase().replaceAll(' ', '-');
    const confirmed = await partnersOf(packer).confirm('buyer.example', spoken);
    expect(confirmed).toMatchObject({ status: 'ACTIVE', fingerprint: fingerprint(buyer.jwk) });
  });

  test('and the same acceptance again, after an answer was lost, changes nothing', async () => {
    const { link } = await invite();
    await partnersOf(buyer).accept(link);
    await partnersOf(buyer).accept(link);
    expect(await find(packer, 'buyer.example')).toMatchObject({ status: 'ACTIVE', groups: ['retail'] });
  });

  test('and again after a removal, by a new invitation', async () => {
    await partnersOf(packer).remove('buyer.example');
    expect(await find(packer, 'buyer.example')).toMatchObject({ status: 'REMOVED' });
    const { link } = await invite(['wholesale']);
    await partnersOf(buyer).accept(link);
    expect(await find(packer, 'buyer.example')).toMatchObject({
      status: 'UNCONFIRMED',
      groups: ['wholesale'],
    });
    const partner = await partnersOf(packer).confirm('buyer.example', thumbprint(buyer.jwk));
    expect(partner.status).toBe('ACTIVE');
  });

  test('and who was removed comes back without the groups that it had', async () => {
    await partnersOf(buyer).setGroups('packer.example', ['suppliers']);
    await partnersOf(buyer).accept((await invite()).link);
    expect(await find(buyer, 'packer.example')).toMatchObject({ groups: ['suppliers'] });
    await partnersOf(buyer).remove('packer.example');
    await partnersOf(buyer).accept((await invite()).link);
    expect(await find(buyer, 'packer.example')).toMatchObject({ status: 'ACTIVE', groups: [] });
  });
});

describe('an invitation', () => {
  test('is good once', async () => {
    const { link } = await invite();
    await sendAcceptance(link, 'first.example');
    await expect(sendAcceptance(link, 'second.example')).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(await find(packer, 'second.example')).toBeUndefined();
  });

  test('is good once, when two accept it at the same time', async () => {
    const { link } = await invite();
    const names = ['left.example', 'right.example'];
    const results = await Promise.allSettled(names.map((name) => sendAcceptance(link, name)));
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  test('expires', async () => {
    const { link } = await invite();
    ahead += 73 * 3_600_000;
    await expect(sendAcceptance(link, 'late.example')).rejects.toMatchObject({ code: 'CONFLICT' });
    ahead -= 73 * 3_600_000;
  });

  test('cannot be guessed: an unknown code is refused', async () => {
    const link = `${packer.url}/partners/invitations/${'A'.repeat(22)}#x`;
    await expect(sendAcceptance(link, 'guess.example')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  test('is kept as a hash only', async () => {
    const { link } = await invite();
    const [, code = ''] = /invitations\/(.+)#/.exec(link) ?? [];
    const rows = await packer.context.database.prisma.invitation.findMany();
    expect(JSON.stringify(rows)).not.toContain(code);
  });

  test('with another fingerprint than the node has is refused before anything is sent', async () => {
    const { link } = await invite();
    const wrong = link.replace(/#.*/, `#${thumbprint(generateKey())}`);
    await expect(partnersOf(buyer).accept(wrong)).rejects.toMatchObject({ code: 'UNVERIFIED' });
    await sendAcceptance(link, 'still-good.example');
  });

  test('that leads over another address than that of the inviter is refused', async () => {
    const { link } = await invite();
    const relayed = link.replace('//localhost:', '//127.0.0.1:');
    await expect(partnersOf(buyer).accept(relayed)).rejects.toMatchObject({ code: 'UNVERIFIED' });
  });

  test.each(['', 'http://x', 'javascript:alert(1)//partners/invitations/AAAAAAAAAAAAAAAAAAAAAA#x'])(
    'is not read from "%s"',
    async (link) => {
      await expect(partnersOf(buyer).accept(link)).rejects.toMatchObject({
        code: 'BAD_INPUT',
        details: { place: 'link' },
      });
    },
  );
});

describe('an acceptance', () => {
  test('is not confirmed with the fingerprint of another key', async () => {
    const { link } = await invite();
    await sendAcceptance(link, 'impostor.example');
    const read = fingerprint(generateKey());
    await expect(partnersOf(packer).confirm('impostor.example', read)).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringContaining('telephone'),
    });
    expect(await find(packer, 'impostor.example')).toMatchObject({ status: 'UNCONFIRMED' });
  });

  test('does not replace the key of an active partner', async () => {
    const { link } = await invite();
    await expect(sendAcceptance(link, 'buyer.example')).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(await find(packer, 'buyer.example')).toMatchObject({
      status: 'ACTIVE',
      fingerprint: fingerprint(buyer.jwk),
    });
  });

  test('does not replace the key of a suspended partner, nor resume it', async () => {
    await partnersOf(packer).suspend('buyer.example');
    const { link } = await invite();
    await expect(sendAcceptance(link, 'buyer.example')).rejects.toMatchObject({ code: 'CONFLICT' });
    await sendAcceptance(link, 'buyer.example', buyer.jwk);
    expect(await find(packer, 'buyer.example')).toMatchObject({ status: 'SUSPENDED' });
    await partnersOf(packer).resume('buyer.example');
  });

  test("does not take this node's own name", async () => {
    const { link } = await invite();
    await expect(sendAcceptance(link, 'packer.example')).rejects.toMatchObject({ code: 'CONFLICT' });
  });

  test("does not bring another partner's key under a second name", async () => {
    const { link } = await invite();
    await expect(sendAcceptance(link, 'alias.example', buyer.jwk)).rejects.toMatchObject({
      code: 'CONFLICT',
    });
    expect(await find(packer, 'alias.example')).toBeUndefined();
  });

  test('is refused when the presented key did not sign it', async () => {
    const { link } = await invite();
    const [, code = ''] = /invitations\/(.+)#/.exec(link) ?? [];
    const self = { organisation: 'swap.example', name: 'Swap', url: 'http://localhost:9' };
    const statement = await signAcceptance(
      { self, jwk: publicPart(generateKey()), inviter: 'packer.example', code, now: now() },
      localSigner(generateKey()),
    );
    await expect(postAcceptance(statement)).rejects.toMatchObject({ code: 'UNVERIFIED' });
  });

  test('is refused when it is old', async () => {
    const { link } = await invite();
    const old = { now: now() - 600_000 };
    await expect(sendAcceptance(link, 'old.example', generateKey(), old)).rejects.toMatchObject({
      code: 'UNVERIFIED',
    });
  });

  test('is answered over HTTP with 202, and its door closes to whoever knocks too often', async () => {
    const post = (body: string) =>
      fetch(`${packer.localUrl}/partners/acceptances`, {
        method: 'POST',
        headers: { 'content-type': 'application/jose' },
        body,
      });
    const { link } = await invite();
    const [, code = ''] = /invitations\/(.+)#/.exec(link) ?? [];
    const key = generateKey();
    const self = { organisation: 'http.example', name: 'Over HTTP', url: 'http://localhost:9' };
    const statement = await signAcceptance(
      { self, jwk: publicPart(key), inviter: 'packer.example', code, now: now() },
      localSigner(key),
    );
    const answer = await post(statement);
    expect(answer.status).toBe(202);
    expect(await answer.json()).toEqual({ organisation: 'packer.example', status: 'UNCONFIRMED' });
    const statuses: number[] = [];
    for (let knock = 0; knock < 25; knock += 1) statuses.push((await post('rubbish')).status);
    expect(statuses[0]).toBe(422);
    expect(statuses.at(-1)).toBe(429);
  });
});

describe('the standing of a partner', () => {
  test('moves only where the table says', async () => {
    const { partners } = packer.context;
    const jwk = publicPart(generateKey());
    await partners.addPartner({ organisation: 'mover.example', name: 'Mover', jwk });
    await expect(partners.resume('mover.example').then(({ status }) => status)).resolves.toBe('ACTIVE');
    await partners.remove('mover.example');
    for (const move of ['suspend', 'resume'] as const) {
      await expect(partners[move]('mover.example')).rejects.toMatchObject({ code: 'CONFLICT' });
    }
    await expect(partners.suspend('packer.example')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(partners.suspend('nobody.example')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  test('rings the bell for the feeds of the partner', async () => {
    const { partners, bell } = packer.context;
    await partners.addPartner({ organisation: 'rung.example', name: 'Rung', jwk: publicPart(generateKey()) });
    let rings = 0;
    const stop = bell.on('partners', () => (rings += 1));
    await partners.suspend('rung.example');
    stop();
    expect(rings).toBeGreaterThan(0);
  });

  test('keeps groups sorted and once, and refuses names that grants could not hold', async () => {
    const { partners } = packer.context;
    const { groups } = await partners.setGroups('buyer.example', ['retail', 'eu', 'retail']);
    expect(groups).toEqual(['eu', 'retail']);
    await expect(partners.setGroups('buyer.example', ['ok', 'Not OK'])).rejects.toMatchObject({
      code: 'BAD_INPUT',
      details: { place: 'groups[1]' },
    });
  });
});
