import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { LotbookError } from '../errors.ts';

/** What one guess costs (RFC 7914): N = 2^log2N, block size, parallelisation. */
export interface ScryptCost {
  log2N: number;
  r: number;
  p: number;
}

/** OWASP Password Storage Cheat Sheet, second of its equally strong settings: 64 MB, a fifth of a second. */
export const PASSWORD_COST: ScryptCost = { log2N: 16, r: 8, p: 2 };

const SALT_BYTES = 16;
const HASH_BYTES = 32;
const SHORTEST = 12;
const LONGEST = 256;
/** Each takes 64 MB and a thread. */
const MOST_AT_ONCE = 2;
const MOST_WAITING = 32;

export interface Passwords {
  /** `scrypt$ln=16,r=8,p=2$<salt>$<hash>`, both in base64url. */
  hash(password: string): Promise<string>;
  /** Takes as long without a stored hash as with one. `isWeak`: it was made at a lower cost than now. */
  verify(password: string, stored: string | null): Promise<{ ok: boolean; isWeak: boolean }>;
}

export function openPasswords(cost: ScryptCost): Passwords {
  const limited = openLimit();
  const unknown = { cost, salt: randomBytes(SALT_BYTES), hash: randomBytes(HASH_BYTES) };
  return {
    hash: async (password) => {
      const salt = randomBytes(SALT_BYTES);
      const hash = await limited(() => derive(password, salt, cost));
      const { log2N, r, p } = cost;
      return `scrypt$ln=${log2N},r=${r},p=${p}$${salt.toString('base64url')}$${hash.toString('base64url')}`;
    },
    verify: async (password, stored) => {
      const known = stored === null ? null : readHash(stored);
      const against = known ?? unknown;
      const hash = await limited(() => derive(password, against.salt, against.cost));
      const ok = timingSafeEqual(hash, against.hash) && known !== null;
      return { ok, isWeak: ok && workOf(against.cost) < workOf(cost) };
    },
  };
}

/** @throws LotbookError BAD_INPUT where a password may not be one; the message says what is wanted, never what was given */
export function checkPassword(password: string, others: readonly (string | null)[]): void {
  const length = [...password].length;
  if (length < SHORTEST || length > LONGEST)
    throw new LotbookError('BAD_INPUT', `A password has ${SHORTEST} to ${LONGEST} characters.`, {
      place: 'password',
    });
  const plain = password.toLowerCase();
  const isKnown = others.some((other) => other !== null && other.toLowerCase() === plain);
  if (isKnown || new Set(plain).size < 4)
    throw new LotbookError('BAD_INPUT', 'Choose a password that is not so easily guessed.', {
      place: 'password',
    });
}

function derive(password: string, salt: Buffer, { log2N, r, p }: ScryptCost): Promise<Buffer> {
  const N = 2 ** log2N;
  return new Promise((resolve, reject) => {
    // One password in two spellings of Unicode is one password.
    scrypt(password.normalize('NFKC'), salt, HASH_BYTES, { N, r, p, maxmem: 256 * N * r }, (error, hash) => {
      if (error) reject(error);
      else resolve(hash);
    });
  });
}

const STORED = /^scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([\w-]+)\$([\w-]+)$/;

function readHash(stored: string): { cost: ScryptCost; salt: Buffer; hash: Buffer } {
  const [, log2N, r, p, salt = '', hash = ''] = STORED.exec(stored) ?? [];
  const read = {
    cost: { log2N: Number(log2N), r: Number(r), p: Number(p) },
    salt: Buffer.from(salt, 'base64url'),
    hash: Buffer.from(hash, 'base64url'),
  };
  if (read.hash.length === HASH_BYTES) return read;
  throw new Error('a stored password hash cannot be read');
}

function workOf({ log2N, r, p }: ScryptCost): number {
  return 2 ** log2N * r * p;
}

/** So many at once; the others wait, and where too many do, they are told so. */
function openLimit(): <T>(work: () => Promise<T>) => Promise<T> {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (running >= MOST_AT_ONCE) {
      if (waiting.length >= MOST_WAITING)
        throw new LotbookError('TOO_BUSY', 'Too many people log in at once.', { retryAfterMs: 5_000 });
      await new Promise<void>((resolve) => waiting.push(resolve));
    } else running += 1;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else running -= 1;
    }
  };
}
