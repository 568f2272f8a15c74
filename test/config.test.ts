import { describe, expect, test } from 'vitest';
import { ConfigError, readConfig } from '../api/config.ts';

describe('readConfig', () => {
  test('gives the default of every option when nothing is set', () => {
    expect(readConfig({})).toMatchObject({
      dir: '.lotbook',
      host: '127.0.0.1',
      port: 4000,
      url: 'http://localhost:4000',
      databaseUrl: undefined,
      privateKey: undefined,
      maxBodyBytes: 16_777_216,
    });
  });

  test('takes an override before the environment, and the environment before the default', () => {
    const env = { LOTBOOK_PORT: '5000', LOTBOOK_HOST: '0.0.0.0' };
    expect(readConfig(env, { port: 6000, host: undefined })).toMatchObject({ port: 6000, host: '0.0.0.0' });
  });

  test('lets the URL follow the port until it is set, and drops the slash at its end', () => {
    expect(readConfig({ LOTBOOK_PORT: '5000' }).url).toBe('http://localhost:5000');
    expect(readConfig({ LOTBOOK_URL: 'https://node.example/lots/' }).url).toBe('https://node.example/lots');
  });

  test('counts an empty variable as unset', () => {
    expect(readConfig({ LOTBOOK_LOG_LEVEL: '', DATABASE_URL: '' })).toMatchObject({
      logLevel: 'info',
      databaseUrl: undefined,
    });
  });

  test('takes a private key as a JWK and as a PEM', () => {
    const jwk = '{"kty":"OKP","crv":"Ed25519","x":"eA","d":"ZA"}';
    const pem = '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n';
    expect(readConfig({ LOTBOOK_PRIVATE_KEY: jwk }).privateKey).toBe(jwk);
    expect(readConfig({ LOTBOOK_PRIVATE_KEY: pem }).privateKey).toBe(pem);
  });

  test.each([
    ['LOTBOOK_PORT', '70000', 'a whole number from 0 to 65535', 'for the default (4000)'],
    ['LOTBOOK_PORT', 'tcp://10.0.0.1:4000', 'a whole number from 0 to 65535', 'for the default (4000)'],
    ['LOTBOOK_URL', 'node.example', 'an http or https URL', 'for the default (http://localhost:4000)'],
    ['LOTBOOK_URL', 'https://u:p@node.example', 'an http or https URL', 'for the default'],
    ['DATABASE_URL', 'mysql://secret@db/lots', 'a postgresql:// URL', 'to do without'],
    ['LOTBOOK_PRIVATE_KEY', 'secret', 'a private JWK as JSON or a PKCS#8 PEM', 'to do without'],
    ['LOTBOOK_LOG_LEVEL', 'loud', 'one of trace, debug', 'for the default (info)'],
    ['LOTBOOK_DRAIN_MS', '0', 'a whole number of milliseconds', 'for the default (10000)'],
  ])('refuses %s=%s, saying what it must be and what to do, not what it was', (name, value, must, todo) => {
    const error = refusal({ [name]: value });
    expect(error.message).toContain(`${name} must be ${must}`);
    expect(error.message).toContain(todo);
    expect(error.message).not.toContain('secret');
  });

  test('names every wrong variable at once', () => {
    const { message } = refusal({ LOTBOOK_PORT: 'x', LOTBOOK_MAX_QUEUE: '-1' });
    expect(message).toMatch(/LOTBOOK_PORT[^]*LOTBOOK_MAX_QUEUE/);
  });

  test('cannot be changed afterwards', () => {
    expect(Object.isFrozen(readConfig({}))).toBe(true);
  });
});

function refusal(env: Record<string, string>): ConfigError {
  try {
    readConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error('was not refused');
}
