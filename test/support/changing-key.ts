import type { PinnedKeys } from '../../api/identity/jws.ts';
import { isKeyLog, type KeyLog, verifyKeyLog } from '../../api/identity/key-log.ts';
import { type PrivateJwk, publicPart, thumbprint, verificationKey } from '../../api/identity/jwk.ts';
import { signKeyStatement } from '../../api/identity/key-statement.ts';
import { localSigner, type Signer } from '../../api/identity/signer.ts';
import { sha256 } from '../../api/identity/sha256.ts';
import { generateKey } from './key.ts';

/** The keys of a node in a test, which it may change at any time: as a signer the one in force. */
export interface ChangingKey extends Signer {
  /** Every key that it ever had. */
  readonly all: PinnedKeys;
  /** Null as long as the first key was never changed. */
  log(): KeyLog | null;
  now(): { statements: KeyLog['statements']; signer: Signer };
  refresh(): Promise<void>;
  change(): Promise<void>;
}

export async function changingKey(organisation: string, first: PrivateJwk): Promise<ChangingKey> {
  let next = generateKey();
  const tokens: string[] = [];
  const signers: Signer[] = [];
  const all = new Map<string, ReturnType<typeof verificationKey>>();
  const put = async (jwk: PrivateJwk): Promise<void> => {
    const signer = localSigner(jwk);
    const before = tokens.at(-1);
    const claims = {
      iss: organisation,
      seq: tokens.length + 1,
      ...(before === undefined ? {} : { prev: sha256(before) }),
      iat: Date.now() / 1000,
      key: publicPart(jwk),
      next: thumbprint(next),
    };
    tokens.push(await signKeyStatement(claims, signer));
    signers.push(signer);
    all.set(signer.kid, verificationKey(publicPart(jwk)));
  };
  await put(first);
  const current = (): Signer => signers.at(-1) as Signer;
  const whole = (): KeyLog => {
    const log = verifyKeyLog(tokens, organisation);
    if (isKeyLog(log)) return log;
    throw new Error(log.code);
  };
  return {
    all,
    get kid() {
      return current().kid;
    },
    get alg() {
      return current().alg;
    },
    sign: (data) => current().sign(data),
    log: () => (tokens.length > 1 ? whole() : null),
    now: () => ({ statements: whole().statements, signer: current() }),
    refresh: () => Promise.resolve(),
    change: async () => {
      const jwk = next;
      next = generateKey();
      await put(jwk);
    },
  };
}
