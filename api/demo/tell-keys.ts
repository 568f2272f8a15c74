import { randomUUID } from 'node:crypto';
import { changeKey } from '../cli/keys.ts';
import { LotbookError } from '../errors.ts';
import { isJsonObject, type JsonObject } from '../identity/strict-json.ts';
import type { Signer } from '../identity/signer.ts';
import { sendAnywhere } from '../peers/outbound.ts';
import { openTokens } from '../peers/tokens.ts';
import { openHome } from '../store/home.ts';
import type { DemoNode } from './nodes.ts';
import type { Screen } from './screen.ts';
import { finding, type Finding } from './verify.ts';
import { waitFor } from './wait.ts';

/** A node changes its key while it runs; the others follow, and the old key opens no door any more. */
export async function tellKeys(screen: Screen, nodes: readonly DemoNode[], self: DemoNode): Promise<Finding> {
  const others = nodes.filter((node) => node !== self);
  const { signer: old } = await openHome({ dir: self.dir });
  const before = await fingerprintOf(self);
  screen.say(
    `${self.season.name} changes the key that it signs with, as one does once a year, or when a laptop was stolen. The new one ` +
      'was committed to when the old one came into force, and can be kept in a safe: a thief of the old key cannot change it.',
  );
  const changed = await changeKey(self, { ...NOWHERE_ELSE, dir: self.dir }, {}, () =>
    Promise.resolve(undefined),
  );
  const count = isJsonObject(changed) && Array.isArray(changed['keys']) ? changed['keys'].length : 0;
  const after = await fingerprintOf(self);
  const follow = (node: DemoNode): Promise<true> =>
    waitFor(
      `${node.season.name} knows the new key`,
      async () => (await knownAt(node, self)) === after || undefined,
    );
  await Promise.all(others.map(follow));
  screen.show([`before  ${before}`, `now     ${after}  at all ${nodes.length} nodes`]);
  const open = await Promise.all(others.map((node) => isLetIn(node, self, old)));
  const letIn = others.filter((_, index) => open[index]);
  screen.say('Who comes with the old key is let in nowhere. What it signed before stays verifiable.');
  return finding(`all partners follow the change of a key, and none lets the old one in`, [
    ...letIn.map(({ season }) => `${season.name} lets the old key in`),
    ...(count > 1 && before !== after ? [] : ['the key is the same as before']),
  ]);
}

const NOWHERE_ELSE = { privateKey: undefined, signerUrl: undefined };

async function fingerprintOf({ localUrl }: DemoNode): Promise<string> {
  const answer = await fetch(`${localUrl}/.well-known/lotbook`);
  return ((await answer.json()) as { fingerprint: string }).fingerprint;
}

/** By which key a node knows another one. */
async function knownAt(node: DemoNode, other: DemoNode): Promise<unknown> {
  const { partners } = await node.query('{ partners { organisation fingerprint } }');
  const named = (partners as JsonObject[]).find(({ organisation }) => organisation === other.organisation);
  return named?.['fingerprint'];
}

async function isLetIn(
  { localUrl: url }: DemoNode,
  { organisation: clientId }: DemoNode,
  signer: Signer,
): Promise<boolean> {
  const tokens = openTokens({
    clientId,
    signer,
    now: Date.now,
    randomId: () => randomUUID(),
    send: sendAnywhere,
  });
  const document = (await (await fetch(`${url}/.well-known/lotbook`)).json()) as { url: string };
  return tokens.tokenFor({ url, audience: document.url }).then(
    () => true,
    (error: unknown) => {
      if (error instanceof LotbookError && error.code === 'NOT_PERMITTED') return false;
      throw error;
    },
  );
}
