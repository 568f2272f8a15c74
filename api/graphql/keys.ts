import { fingerprint } from '../identity/jwk.ts';
import { currentKey, type KeyLog } from '../identity/key-log.ts';
import { revocationOf } from '../identity/key-state.ts';
import { payload } from './errors.ts';
import type { Key, KeyLog as KeyLogView, Resolvers } from './generated/resolvers.ts';

/** Resolvers of `schema/keys.graphql`. */
export const keys: Pick<Resolvers, 'Query' | 'Mutation'> = {
  Query: {
    keys: async (_root, { organisation }, { keys: own, node, partners }) => {
      const isOwn = organisation === null || organisation === undefined || organisation === node.organisation;
      const log = isOwn ? own.log : await partners.keyLog(organisation);
      return log && keyLogView(log);
    },
  },
  Mutation: {
    rotateKey: (_root, _args, { keys: own }) =>
      payload(async () => {
        await own.rotate();
        return { keys: keyLogView(own.log) };
      }),
  },
};

/** A key log as the contract shows it. */
function keyLogView(log: KeyLog): KeyLogView {
  return { organisation: log.issuer, keys: keysView(log), next: currentKey(log).claims.next };
}

export function keysView(log: KeyLog): Key[] {
  return log.statements.map(({ claims, key, token }) => ({
    number: claims.seq,
    kid: key.kid,
    fingerprint: fingerprint(claims.key),
    algorithm: key.alg,
    since: new Date(claims.iat * 1000),
    revoked: revocationOf(log, key.kid) ?? null,
    statement: token,
  }));
}
