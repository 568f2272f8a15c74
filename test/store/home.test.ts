import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateKeyPairSync } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { thumbprint } from '../../api/identity/jwk.ts';
import { initHome, openHome } from '../../api/store/home.ts';
import { generateKey } from '../support/key.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'lotbook-home-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const packer = { organisation: 'packer.example', name: 'Fresh Pack' };

describe('the home directory of a node', () => {
  test('is made with a key that only its owner may read, and opened again with the same key', async () => {
    const { publicJwk } = await initHome({
      ...packer,
      gln: '9506000134352',
      books: ['season-2026'],
      dir,
      generateKey,
    });
    expect((await stat(join(dir, 'key.jwk'))).mode & 0o777).toBe(0o600);
    const home = await openHome({ dir });
    expect(home).toMatchObject({ ...packer, gln: '9506000134352', books: ['season-2026'] });
    expect(home.signer.kid).toBe(thumbprint(publicJwk));
    expect(home.publicJwk).not.toHaveProperty('d');
  });

  test('is never overwritten', async () => {
    await initHome({ ...packer, dir, generateKey });
    const before = await readFile(join(dir, 'key.jwk'), 'utf8');
    await expect(initHome({ ...packer, dir, generateKey })).rejects.toMatchObject({ code: 'HOME_EXISTS' });
    expect(await readFile(join(dir, 'key.jwk'), 'utf8')).toBe(before);
  });

  test('keeps a key whose organisation.json is lost', async () => {
    await initHome({ ...packer, dir, generateKey });
    await rm(join(dir, 'organisation.json'));
    await expect(initHome({ ...packer, dir, generateKey })).rejects.toMatchObject({ code: 'HOME_EXISTS' });
  });

  test.each([0o640, 0o604, 0o660])('is refused when others may read its key (mode %o)', async (mode) => {
    await initHome({ ...packer, dir, generateKey });
    await chmod(join(dir, 'key.jwk'), mode);
    await expect(openHome({ dir })).rejects.toMatchObject({ code: 'KEY_EXPOSED' });
  });

  test.each([
    'Packer.example',
    'packer',
    'packer..example',
    '-a.example',
    'packer.example/x',
    'ä.example',
    '',
  ])('is not made for the organisation name "%s"', async (organisation) => {
    await expect(initHome({ organisation, name: 'x', dir, generateKey })).rejects.toMatchObject({
      code: 'BAD_ORGANISATION',
    });
  });

  test('is not made with a GLN whose check digit is wrong', async () => {
    await expect(initHome({ ...packer, gln: '9506000134353', dir, generateKey })).rejects.toMatchObject({
      code: 'BAD_ORGANISATION',
    });
  });

  test('takes the private key from the configuration before the file, as a JWK or a PEM', async () => {
    await initHome({ ...packer, dir, generateKey });
    const other = generateKey();
    const fromJwk = await openHome({ dir, privateKey: JSON.stringify(other) });
    expect(fromJwk.signer.kid).toBe(thumbprint(other));
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
    expect((await openHome({ dir, privateKey: pem })).signer.alg).toBe('ES256');
  });

  test('can come from the configuration alone', async () => {
    const key = generateKey();
    const home = await openHome({ dir, privateKey: JSON.stringify(key), ...packer });
    expect(home).toMatchObject(packer);
  });

  test('is not opened for another organisation than the configured one', async () => {
    await initHome({ ...packer, dir, generateKey });
    await expect(openHome({ dir, organisation: 'other.example' })).rejects.toMatchObject({
      code: 'BAD_ORGANISATION',
    });
  });

  test('tells nothing of a broken key but that it is broken', async () => {
    await initHome({ ...packer, dir, generateKey });
    const { d, ...rest } = JSON.parse(await readFile(join(dir, 'key.jwk'), 'utf8')) as Record<string, string>;
    await writeFile(join(dir, 'key.jwk'), JSON.stringify({ ...rest, x: d, d }), { mode: 0o600 });
    const error = await openHome({ dir }).catch((error: unknown) => error as Error);
    expect(error).toMatchObject({ code: 'BAD_KEY' });
    expect(String(error)).not.toContain(d);
  });

  test('says what to do where there is no node', async () => {
    await expect(openHome({ dir })).rejects.toMatchObject({
      code: 'NO_HOME',
      duty: expect.stringContaining('lotbook init'),
    });
  });
});
