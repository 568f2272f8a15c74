import type { OidcProvider } from '../peers/oidc.ts';
import type { Database } from '../store/database.ts';
import type { AccessLog } from './access-log.ts';
import type { Passwords } from './password.ts';

/** What this room works with. */
export interface PeopleEnvironment {
  db: Pick<Database, 'pool' | 'prisma'>;
  organisation: string;
  /** Public URL of the node. */
  url: string;
  passwords: Passwords;
  accessLog: AccessLog;
  /** Null where people have accounts here. */
  oidc: OidcProvider | null;
  limits: { idleMs: number; longestMs: number };
  now: () => number;
  /** Cryptographically random. */
  randomBytes: (size: number) => Uint8Array;
  randomId: () => string;
}

/** From where somebody calls. */
export interface Origin {
  address: string;
  /** What the browser says of itself. */
  agent: string;
}

/** The name of a person in requests, decisions and logs. */
export function personClientId(organisation: string, id: string): string {
  return `${organisation}/people/${id}`;
}

export function tokenClientId(organisation: string, id: string): string {
  return `${organisation}/tokens/${id}`;
}
