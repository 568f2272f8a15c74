import { spawnSync } from 'node:child_process';
import { createHash, createPublicKey, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parsePublicJwk, type PublicJwk, thumbprint } from '../../api/identity/jwk.ts';

const MODULE = '/usr/lib/softhsm/libsofthsm2.so';
const PIN = '1234';

/** Whether SoftHSM and OpenSC's tool are here; where CI is set they have to be. */
export function hasSoftHsm(): boolean {
  const isThere = existsSync(MODULE) && spawnSync('pkcs11-tool', ['--help']).error === undefined;
  if (!isThere && process.env['CI']) throw new Error('SoftHSM is missing: install softhsm2 and opensc');
  if (!isThere) process.stderr.write('skipped: SoftHSM is missing (Debian packages softhsm2, opensc)\n');
  return isThere;
}

/** A token of SoftHSM with keys that never leave it, and the small server that stands before it for a node. */
export class SoftHsm {
  readonly url: string;
  readonly keys: PublicJwk[] = [];
  readonly #dir = mkdtempSync(join(tmpdir(), 'lotbook-hsm-'));
  readonly #server: Server;

  constructor() {
    mkdirSync(join(this.#dir, 'tokens'));
    writeFileSync(
      join(this.#dir, 'conf'),
      `directories.tokendir = ${this.#dir}/tokens\nobjectstore.backend = file\n`,
    );
    this.#run('softhsm2-util', ['--init-token', '--free', '--label', 'node', '--so-pin', PIN, '--pin', PIN]);
    this.url = `unix:${join(this.#dir, 'signer.sock')}`;
    this.#server = createServer((req, res) => {
      let text = '';
      req.on('data', (chunk) => (text += String(chunk)));
      req.on('end', () => {
        const answer =
          req.url === '/keys' ? { keys: this.keys } : this.#sign(JSON.parse(text) as SignRequest);
        res.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
      });
    });
  }

  /** Makes a key in the token: `EC:prime256v1` or `EC:edwards25519`. */
  makeKey(type: string): PublicJwk {
    const id = String(this.keys.length + 1).padStart(2, '0');
    const file = join(this.#dir, `${id}.pub`);
    this.#tool(['--keypairgen', '--key-type', type, '--id', id]);
    this.#tool(['--read-object', '--type', 'pubkey', '--id', id, '-o', file]);
    const bytes = readFileSync(file);
    const isPem = bytes.toString('latin1').startsWith('-----');
    const key = createPublicKey(isPem ? bytes : { key: bytes, format: 'der', type: 'spki' });
    const jwk = parsePublicJwk(key.export({ format: 'jwk' }));
    this.keys.push(jwk);
    return jwk;
  }

  listen(): Promise<void> {
    return new Promise((resolve) => this.#server.listen(this.url.slice('unix:'.length), resolve));
  }

  /** Is away, until it listens again. */
  async pause(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async close(): Promise<void> {
    await this.pause();
    rmSync(this.#dir, { recursive: true });
  }

  #sign({ kid, alg, data }: SignRequest): { signature: string } {
    const id = String(this.keys.findIndex((key) => thumbprint(key) === kid) + 1).padStart(2, '0');
    const [input, output] = ['in', 'out'].map((name) => join(this.#dir, `${name}-${randomUUID()}`)) as [
      string,
      string,
    ];
    const bytes = Buffer.from(data, 'base64url');
    // The token signs a digest, where it does not hash by itself.
    writeFileSync(input, alg === 'ES256' ? createHash('sha256').update(bytes).digest() : bytes);
    const mechanism = alg === 'ES256' ? 'ECDSA' : 'EDDSA';
    this.#tool(['--sign', '--mechanism', mechanism, '--id', id, '-i', input, '-o', output]);
    const signature = readFileSync(output).toString('base64url');
    for (const file of [input, output]) rmSync(file);
    return { signature };
  }

  #tool(args: string[]): void {
    this.#run('pkcs11-tool', ['--module', MODULE, '--token-label', 'node', '--login', '--pin', PIN, ...args]);
  }

  #run(command: string, args: string[]): void {
    const env = { ...process.env, SOFTHSM2_CONF: join(this.#dir, 'conf') };
    const { status, stderr } = spawnSync(command, args, { env });
    if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${String(stderr)}`);
  }
}

interface SignRequest {
  kid: string;
  alg: string;
  data: string;
}
