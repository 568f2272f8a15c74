import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { enterSelf } from '../../api/store/self.ts';
import { initHome, openHome } from '../../api/store/home.ts';
import { generateKey } from '../support/key.ts';
import { startTestNode } from '../support/node.ts';

test('a database takes no other organisation and no other key than those it was made with', async () => {
  const node = await startTestNode('packer.example');
  try {
    const { dir, context } = node;
    const { prisma } = context.database;
    const home = await openHome({ dir });
    const now = new Date();
    await enterSelf(prisma, home, node.url, now);
    const other = { ...home, organisation: 'other.example' };
    await expect(enterSelf(prisma, other, node.url, now)).rejects.toMatchObject({ code: 'BAD_ORGANISATION' });

    await Promise.all(['key.jwk', 'organisation.json'].map((name) => rm(join(dir, name))));
    await initHome({ dir, organisation: 'packer.example', name: 'Again', generateKey });
    const renewed = await openHome({ dir });
    await expect(enterSelf(prisma, renewed, node.url, now)).rejects.toMatchObject({ code: 'BAD_KEY' });
  } finally {
    await node.remove();
  }
});
