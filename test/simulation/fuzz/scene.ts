import { randomBytes, randomUUID } from 'node:crypto';
import { encodeBase64url } from '../../../api/identity/base64url.ts';
import { signAccessToken } from '../../../api/identity/access-token.ts';
import { publicPart } from '../../../api/identity/jwk.ts';
import { localSigner } from '../../../api/identity/signer.ts';
import { sendAnywhere } from '../../../api/peers/outbound.ts';
import { openTokens } from '../../../api/peers/tokens.ts';
import { generateKey } from '../../support/key.ts';
import type { NodeProcess } from '../../support/nodes.ts';

export const OWNER = 'owner.example';
const PARTNER = 'partner.example';
const BOOK = `${OWNER}/season`;
const LOT = 'https://id.gs1.org/01/09521141012345/10/FUZZ';

/** Who calls, and what must not come to whom. */
export interface Scene {
  /** Headers by name: right tokens, and wrong ones of every kind. */
  tokens: ReadonlyMap<string, Record<string, string>>;
  known: readonly string[];
  /** Values that only `mayRead` may see. */
  hidden: readonly string[];
  mayRead: ReadonlySet<string>;
}

const ERROR = 'error { code message duty }';

/** A book of which a partner may see a part, and callers of all kinds. */
export async function setScene(node: NodeProcess): Promise<Scene> {
  const [hiddenField, hiddenTitle, shared] = ['field', 'title', 'shared'].map(
    (name) => `canary${name}${randomBytes(6).toString('hex')}`,
  ) as [string, string, string];
  const fields = { note: shared, '{https://values.example/}price': hiddenField };
  const { requests } = await node.mutate(
    `mutation ($updates: [UpdateInput!]!) { requestUpdates(updates: $updates) { requests { state error { code message } } } }`,
    {
      updates: [{ book: BOOK, key: randomUUID(), changes: [{ record: LOT, kind: 'LOT', base: 0, fields }] }],
    },
  );
  if (!JSON.stringify(requests).includes('APPROVED'))
    throw new Error(`the scene: ${JSON.stringify(requests)}`);
  await node.mutate(
    `mutation { createBook(input: { name: "secret", title: "${hiddenTitle}" }) { ${ERROR} } }`,
  );
  await node.mutate(`mutation ($input: AddGrantInput!) { addGrant(input: $input) { ${ERROR} } }`, {
    input: {
      book: BOOK,
      audience: { organisations: [PARTNER] },
      fields: ['note'],
      selector: { kinds: ['LOT'] },
      backfill: true,
    },
  });
  const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
  const key = generateKey();
  const partnerInput = { organisation: PARTNER, name: 'Partner', jwk: publicPart(key) };
  await node.mutate(`mutation ($input: AddPartnerInput!) { addPartner(input: $input) { ${ERROR} } }`, {
    input: partnerInput,
  });
  const partner = await tokenOf(node, PARTNER, key);
  const revokedKey = generateKey();
  const revokedInput = { name: 'old', jwk: publicPart(revokedKey), roles: ['EDITOR'] };
  await node.mutate(`mutation ($input: AddClientInput!) { addClient(input: $input) { ${ERROR} } }`, {
    input: revokedInput,
  });
  const revoked = await tokenOf(node, `${OWNER}/old`, revokedKey);
  await node.mutate(`mutation { revokeClient(clientId: "${OWNER}/old") { ${ERROR} } }`);
  const { token: apiToken } = await node.mutate(
    `mutation { createApiToken(input: { name: "fuzz", roles: [{ role: VIEWER, book: "${BOOK}" }] }) { token ${ERROR} } }`,
  );
  const admin = await node.token();
  const [head = '', claims = '', signature = ''] = admin.split('.');
  const none = encodeBase64url(Buffer.from(JSON.stringify({ alg: 'none', typ: 'at+jwt' })));
  return {
    known: [
      BOOK,
      `${OWNER}/secret`,
      LOT,
      OWNER,
      PARTNER,
      `${OWNER}/old`,
      randomUUID(),
      'urn:lotbook:note:1',
      'season',
    ],
    hidden: [hiddenField, hiddenTitle],
    mayRead: new Set(['admin', 'api token']),
    tokens: new Map<string, Record<string, string>>([
      ['admin', bearer(admin)],
      ['partner', bearer(partner)],
      ['api token', bearer(String(apiToken))],
      ['nobody', {}],
      ['revoked', bearer(revoked)],
      ['other key', bearer(await foreignToken(node.url))],
      ['unsigned', bearer(`${none}.${claims}.`)],
      ['claims changed', bearer(`${head}.${claims.slice(0, -3)}AAA.${signature}`)],
      ['cut', bearer(admin.slice(0, -7))],
      ['API token unknown', bearer(`lotbook_${'A'.repeat(43)}`)],
      [
        'session unknown',
        { cookie: `lotbook-session=${'A'.repeat(43)}; __Host-lotbook-session=x`, 'lotbook-request': '1' },
      ],
      ['basic', { authorization: 'Basic YWRtaW46YWRtaW4=' }],
      ['nonsense', { authorization: 'Bearer \u00ff\u0001 a b,Bearer c' }],
      ['endless', bearer('e'.repeat(8_000))],
    ]),
  };
}

function tokenOf(node: NodeProcess, clientId: string, key: ReturnType<typeof generateKey>): Promise<string> {
  const tokens = openTokens({
    clientId,
    signer: localSigner(key),
    now: Date.now,
    randomId: () => randomUUID(),
    send: sendAnywhere,
  });
  return tokens.tokenFor({ url: node.url });
}

/** As if the node had given it, but signed by somebody else. */
function foreignToken(url: string): Promise<string> {
  const claims = {
    issuer: url,
    audience: url,
    subject: OWNER,
    clientId: OWNER,
    scope: 'lotbook',
    jti: 'x.y',
    nowMs: Date.now(),
  };
  return signAccessToken(claims, localSigner(generateKey()));
}
