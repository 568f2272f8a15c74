import { readdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { thumbprint, verificationKey } from '../../api/identity/jwk.ts';
import { signCompact, verifyCompact } from '../../api/identity/jws.ts';
import { externalSigner } from '../../api/peers/external-signer.ts';
import { writeStaged } from '../../api/store/home/staged.ts';
import { startTestNode, type TestNode } from '../support/node.ts';
import { hasSoftHsm, SoftHsm } from '../support/softhsm.ts';

/** A node whose private keys are in a hardware security module, here one of software. */
describe.skipIf(!hasSoftHsm())('a node with an external signer before an HSM', () => {
  let hsm: SoftHsm;
  let node: TestNode;
  beforeAll(async () => {
    hsm = new SoftHsm();
    for (const type of ['EC:prime256v1', 'EC:edwards25519', 'EC:prime256v1']) hsm.makeKey(type);
    await hsm.listen();
    node = await startTestNode('packer.example', { config: { signerUrl: hsm.url } });
  }, 30_000);
  afterAll(async () => {
    await node?.remove();
    await hsm?.close();
  });

  it('signs with P-256 and with Ed25519 keys that never leave the token', async () => {
    const keys = await externalSigner(hsm.url).keys();
    expect(keys.map(({ signer }) => signer.alg)).toEqual(['ES256', 'Ed25519', 'ES256']);
    for (const { signer, publicJwk } of keys) {
      const token = await signCompact({ typ: 'test+jwt', claims: { iss: 'packer.example' }, signer });
      const key = verificationKey(publicJwk);
      expect(verifyCompact(token, { typ: 'test+jwt', keys: new Map([[key.kid, key]]) })).toMatchObject({
        ok: true,
      });
    }
  });

  it('begins its key log with the first key that is offered, and commits to the second', () => {
    const [first, second] = hsm.keys.map((jwk) => thumbprint(jwk));
    const { statements } = node.context.keys.log;
    expect(statements.map(({ claims, key }) => [key.kid, claims.next])).toEqual([[first, second]]);
  });

  it('changes to the next key of the token', async () => {
    const [, second, third = ''] = hsm.keys.map((jwk) => thumbprint(jwk));
    await writeStaged(node.dir, { next: third });
    await node.context.keys.rotate();
    expect(node.context.keys.kid).toBe(second);
    expect(node.context.keys.alg).toBe('Ed25519');
    const document = (await (await fetch(`${node.localUrl}/.well-known/lotbook`)).json()) as { kid: string };
    expect(document.kid).toBe(second);
    expect(readdirSync(node.dir)).not.toContain('next-keys.json');
  });

  it('says that it cannot sign where the signer is away, and goes on when it is back', async () => {
    const { keys } = node.context;
    const lost = externalSigner('unix:/nowhere/signer.sock');
    await expect(lost.keys()).rejects.toMatchObject({ code: 'SIGNER_UNAVAILABLE' });
    await hsm.pause();
    await expect(keys.sign(Buffer.from('a'))).rejects.toMatchObject({ code: 'SIGNER_UNAVAILABLE' });
    await hsm.listen();
    expect((await keys.sign(Buffer.from('a'))).length).toBe(64);
  });

  it('takes no signature of another key', async () => {
    const [first] = await externalSigner(hsm.url).keys();
    hsm.keys.reverse();
    await expect(first?.signer.sign(Buffer.from('a'))).rejects.toMatchObject({ code: 'SIGNER_UNAVAILABLE' });
    hsm.keys.reverse();
  });
});
