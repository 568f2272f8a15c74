import { expect, test } from 'vitest';
import { renderEnvExample } from '../../api/config.ts';

test('.env.example shows exactly the options of the node (rewrite it with `npm run env:write`)', async () => {
  await expect(renderEnvExample()).toMatchFileSnapshot('../../.env.example');
});
