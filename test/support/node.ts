import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { type ConfigOverrides, readConfig } from '../../api/config.ts';
import type { Overrides } from '../../api/context.ts';
import type { PrivateJwk } from '../../api/identity/jwk.ts';
import { type RunningNode, startNode } from '../../api/main.ts';
import { initHome } from '../../api/store/home.ts';
import { generateKey } from './key.ts';
import { freshDatabase } from './postgres.ts';

export interface TestNode extends RunningNode {
  jwk: PrivateJwk;
  dir: string;
  /** Stops the node and removes its database and directory. */
  remove(): Promise<void>;
}

/** A node of its own: directory, key, database, and a free port of the loopback interface. */
export async function startTestNode(
  organisation: string,
  options: { config?: ConfigOverrides; overrides?: Overrides } = {},
): Promise<TestNode> {
  const dir = await mkdtemp(join(tmpdir(), 'lotbook-node-'));
  const database = await freshDatabase();
  const jwk = generateKey();
  await initHome({ dir, organisation, name: `The ${organisation}`, generateKey: () => jwk });
  const config = readConfig(
    {},
    {
      dir,
      port: 0,
      databaseUrl: database.url,
      databasePool: 4,
      outboundNetworks: 'loopback',
      ...options.config,
    },
  );
  const log = pino({ level: 'silent' });
  const node = await startNode(config, { log, ...options.overrides });
  return {
    ...node,
    jwk,
    dir,
    remove: async () => {
      await node.close();
      await database.drop();
      await rm(dir, {
        recursive: true,
        force: true,
      });
    },
  };
}
