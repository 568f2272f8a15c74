import { createPublicKey } from 'node:crypto';
import type { Command } from 'commander';
import type { JsonObject, JsonValue } from '../identity/strict-json.ts';
import { readInput } from './check.ts';
import { configOf, wholeNumber } from './options.ts';
import { CommandError, printJson, printLine, printTable } from './output.ts';
import { connectOwnNode, type OwnNode } from './own-node.ts';

const PARTNER =
  '{ organisation name url status groups forwardsInquiries places fingerprint since unreachableSince unreachable }';
const ERROR = 'error { message duty }';

interface Common {
  json?: boolean;
}

/** `lotbook partners ...`: each talks to the running node, with its own key. */
export function addPartners(program: Command): void {
  const partners = program
    .command('partners')
    .summary('list partners, invite, accept, confirm, suspend, ...')
    .description(
      'With whom the node exchanges. Two organisations become partners in three steps:\n' +
        '  1. one invites and sends the link by a way that both trust;\n' +
        '  2. the other accepts the link: it names the key of the first node;\n' +
        '  3. the first confirms by the fingerprint that the other reads out.\n' +
        'One without a node is added with its public key.',
    );
  addInvite(partners);
  addAccept(partners);
  addConfirm(partners);
  addAdd(partners);
  addList(partners);
  addMoves(partners);
  addGroups(partners);
  addInquiries(partners);
}

function addInvite(partners: Command): void {
  command(partners, 'invite', 'make a one-time link for a new partner')
    .requiredOption('--note <text>', 'for yourself: whom the link is for')
    .option('--group <name...>', 'groups that the partner will be in; grants can name them')
    .option('--hours <number>', 'hours until the link expires', wholeNumber(1, 720), 72)
    .action(async (options: Common & { note: string; group?: string[]; hours: number }, self: Command) => {
      const { note, group: groups = [], hours } = options;
      const made = await (
        await nodeOf(self)
      ).mutate(
        `mutation ($input: InvitePartnerInput!) { invitePartner(input: $input) { link fingerprint expiresAt ${ERROR} } }`,
        { input: { note, groups, hours } },
      );
      const { link, fingerprint, expiresAt } = made;
      if (options.json) return printJson({ link, fingerprint, expiresAt });
      printLine(
        `Give this link to the partner by a way that you trust. It is good once, until ${text(expiresAt)}:`,
      );
      printLine();
      printLine(`  ${text(link)}`);
      printLine();
      printLine(
        'When the partner has accepted it, have its fingerprint read to you by telephone, and confirm:',
      );
      printLine("  lotbook partners confirm <organisation> '<fingerprint>'");
    });
}

function addAccept(partners: Command): void {
  command(partners, 'accept', 'accept the link of another organisation')
    .argument('<link>', "the whole link, the part after # too: put it in '...'")
    .action(async (link: string, options: Common, self: Command) => {
      const node = await nodeOf(self);
      const partner = await partnerFrom(node, 'acceptInvitation(link: $link)', '$link: String!', { link });
      if (options.json) return printJson(partner);
      const { fingerprint } = await identityOf(node);
      printLine(
        `${text(partner['organisation'])} is a partner here now. There it waits for your fingerprint.`,
      );
      printLine('Read this to its people by telephone:');
      printLine();
      printLine(`  ${fingerprint}`);
    });
}

function addConfirm(partners: Command): void {
  command(partners, 'confirm', 'confirm a partner by the fingerprint that its people read out')
    .argument('<organisation>')
    .argument('<fingerprint>', "eight groups of four: put it in '...'")
    .action(async (organisation: string, fingerprint: string, options: Common, self: Command) => {
      const partner = await partnerFrom(
        await nodeOf(self),
        'confirmPartner(organisation: $organisation, fingerprint: $fingerprint)',
        '$organisation: ID!, $fingerprint: String!',
        { organisation, fingerprint },
      );
      printPartner(partner, options);
    });
}

function addAdd(partners: Command): void {
  command(partners, 'add', 'add a partner that has no node, by its public key')
    .argument('<organisation>')
    .requiredOption('--name <text>', 'what it is called')
    .requiredOption(
      '--key <file>',
      'its public key: a JWK, or the PEM of `openssl pkey -pubout`; - is standard input',
    )
    .option('--group <name...>', 'groups that the partner will be in; grants can name them')
    .action(
      async (
        organisation: string,
        {
          name,
          key,
          group: groups = [],
          ...options
        }: Common & { name: string; key: string; group?: string[] },
        self: Command,
      ) => {
        const jwk = publicKeyIn(await readInput(key), key);
        const input = { organisation, name, jwk, groups };
        const node = await nodeOf(self);
        printPartner(
          await partnerFrom(node, 'addPartner(input: $input)', '$input: AddPartnerInput!', { input }),
          options,
        );
      },
    );
}

/** @throws CommandError also for a private key, which nobody is to send around */
function publicKeyIn(given: string, from: string): object {
  const isPem = given.includes('BEGIN PUBLIC KEY');
  try {
    const jwk = isPem ? createPublicKey(given).export({ format: 'jwk' }) : (JSON.parse(given) as object);
    if (!('d' in jwk)) return jwk;
  } catch {
    // Told below.
  }
  throw new CommandError(
    `There is no public key in ${from}.`,
    'Give a public Ed25519 or P-256 key as a JWK, or as `openssl pkey -in KEY -pubout` writes it.',
  );
}

function addList(partners: Command): void {
  command(partners, 'list', 'list the partners and how they fare').action(
    async (options: Common, self: Command) => {
      const { partners: list } = await (await nodeOf(self)).query(`{ partners ${PARTNER} }`);
      const rows = Array.isArray(list) ? (list as JsonObject[]) : [];
      if (options.json) return printJson(rows);
      if (rows.length === 0)
        return printLine('No partners yet. Invite one: lotbook partners invite --note "..."');
      printTable(
        ['ORGANISATION', 'STATUS', 'GROUPS', 'INQUIRIES', 'FINGERPRINT', 'ANSWERS'],
        rows.map((row) => [
          text(row['organisation']),
          text(row['status']),
          Array.isArray(row['groups']) ? row['groups'].map(text).join(',') : '',
          row['forwardsInquiries'] === true ? 'handed on' : 'end here',
          text(row['fingerprint']),
          row['unreachableSince'] === null
            ? 'yes'
            : `not since ${text(row['unreachableSince'])}: ${text(row['unreachable'])}`,
        ]),
      );
    },
  );
}

function addMoves(partners: Command): void {
  const moves = [
    ['suspend', 'stop everything with a partner at once, its open feeds too'],
    ['resume', 'let a suspended partner go on'],
    ['remove', 'end a partnership; a new one needs a new invitation'],
  ] as const;
  for (const [move, summary] of moves) {
    command(partners, move, summary)
      .argument('<organisation>')
      .action(async (organisation: string, options: Common, self: Command) => {
        const call = `${move}Partner(organisation: $organisation)`;
        printPartner(
          await partnerFrom(await nodeOf(self), call, '$organisation: ID!', { organisation }),
          options,
        );
      });
  }
}

function addGroups(partners: Command): void {
  command(partners, 'groups', 'set the groups that a partner is in; none takes it out of all')
    .argument('<organisation>')
    .argument('[groups...]')
    .action(async (organisation: string, groups: string[], options: Common, self: Command) => {
      const partner = await partnerFrom(
        await nodeOf(self),
        'setPartnerGroups(organisation: $organisation, groups: $groups)',
        '$organisation: ID!, $groups: [String!]!',
        { organisation, groups },
      );
      printPartner(partner, options);
    });
}

function addInquiries(partners: Command): void {
  command(
    partners,
    'inquiries',
    'set whether inquiries of others are handed on to a partner, and where it stands',
  )
    .argument('<organisation>')
    .option('--forward', 'hand on to it the inquiries of others that lead there; without that they end here')
    .option('--at <gln...>', 'places and parties at which it stands, beside those that it describes itself')
    .action(
      async (organisation: string, options: Common & { forward?: boolean; at?: string[] }, self: Command) => {
        const { forward = false, at: places = [] } = options;
        const partner = await partnerFrom(
          await nodeOf(self),
          'setPartnerInquiries(input: $input)',
          '$input: PartnerInquiriesInput!',
          { input: { organisation, forward, places } },
        );
        if (options.json) return printJson(partner);
        printLine(
          forward
            ? `Inquiries of others that lead to ${organisation} are handed on to it.`
            : `Inquiries of others that lead to ${organisation} end here.`,
        );
      },
    );
}

function command(partners: Command, name: string, summary: string): Command {
  return partners.command(name).description(summary).option('--json', 'print JSON');
}

function nodeOf(self: Command): Promise<OwnNode> {
  return connectOwnNode(configOf(self));
}

async function partnerFrom(
  node: OwnNode,
  call: string,
  parameters: string,
  variables: Record<string, unknown>,
): Promise<JsonObject> {
  const payload = await node.mutate(
    `mutation (${parameters}) { ${call} { partner ${PARTNER} ${ERROR} } }`,
    variables,
  );
  const { partner } = payload;
  if (typeof partner !== 'object' || partner === null || Array.isArray(partner)) {
    throw new CommandError(
      'The node answered without a partner.',
      'Run the same version of Lotbook here as the node.',
    );
  }
  return partner;
}

async function identityOf(node: OwnNode): Promise<{ fingerprint: string }> {
  const response = await fetch(`${node.localUrl}/.well-known/lotbook`, { redirect: 'error' });
  return (await response.json()) as { fingerprint: string };
}

function printPartner(partner: JsonObject, options: Common): void {
  if (options.json) return printJson(partner);
  const groups = Array.isArray(partner['groups']) ? partner['groups'].map(text).join(', ') : '';
  printLine(
    `${text(partner['organisation'])} is ${text(partner['status'])}${groups === '' ? '' : `, in ${groups}`}.`,
  );
}

function text(value: JsonValue | undefined): string {
  return typeof value === 'string' ? value : '';
}
