import type { JsonObject, JsonValue } from '../identity/strict-json.ts';
import type { DemoNode } from './nodes.ts';

const ERROR = 'error { message duty }';

/** Makes every two of the nodes partners, in the three steps that people take. @returns how many pairs it made */
export async function partnerUp(nodes: readonly DemoNode[]): Promise<number> {
  const pairs = nodes.flatMap((one, index) => nodes.slice(index + 1).map((other) => [one, other] as const));
  const made = await Promise.all(pairs.map(([one, other]) => pair(one, other)));
  return made.filter(Boolean).length;
}

async function pair(inviter: DemoNode, guest: DemoNode): Promise<boolean> {
  const status = await statusOf(inviter, guest);
  if (status === 'ACTIVE') return false;
  // A demo that was interrupted between the steps goes on with the last one.
  if (status !== 'UNCONFIRMED') await invite(inviter, guest);
  await inviter.mutate(
    `mutation ($organisation: ID!, $fingerprint: String!) {
      confirmPartner(organisation: $organisation, fingerprint: $fingerprint) { partner { status } ${ERROR} }
    }`,
    { organisation: guest.organisation, fingerprint: guest.fingerprint },
  );
  return true;
}

async function invite(inviter: DemoNode, guest: DemoNode): Promise<void> {
  const { link } = await inviter.mutate(
    `mutation ($input: InvitePartnerInput!) { invitePartner(input: $input) { link ${ERROR} } }`,
    { input: { note: guest.season.name } },
  );
  await guest.mutate(
    `mutation ($link: String!) { acceptInvitation(link: $link) { partner { status } ${ERROR} } }`,
    { link },
  );
}

async function statusOf(node: DemoNode, partner: DemoNode): Promise<JsonValue | undefined> {
  const { partners } = await node.query('{ partners { organisation status } }');
  return (partners as JsonObject[]).find(({ organisation }) => organisation === partner.organisation)?.[
    'status'
  ];
}
