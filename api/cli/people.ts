import type { Command } from 'commander';
import type { JsonObject, JsonValue } from '../identity/strict-json.ts';
import { configOf, wholeNumber } from './options.ts';
import { CommandError, printJson, printLine, printTable } from './output.ts';
import { connectOwnNode } from './own-node.ts';
import { ROLE_HELP, type RoleOption, roleOption, rolesText } from './roles.ts';

const PERSON = '{ id name email status roles { role book } issuer createdAt lastLoginAt }';
const ERROR = 'error { message duty }';

interface Common {
  json?: boolean;
}

/** `lotbook people ...`: each talks to the running node, with its own key. */
export function addPeople(program: Command): void {
  const people = program
    .command('people')
    .summary('list people, invite, give roles, suspend, ...')
    .description(
      'The people of this organisation who log in at the node. The first administrator comes in by the link that the node ' +
        'prints when it is started for the first time; everybody else is invited. A person is named by e-mail address or id.',
    );
  addInvite(people);
  addLink(people);
  addList(people);
  addRoles(people);
  addMoves(people);
}

function addInvite(people: Command): void {
  command(people, 'invite', 'make a one-time link for a new person')
    .requiredOption('--name <text>', 'name of the person')
    .requiredOption('--email <address>', 'what the person will log in with')
    .requiredOption('--role <role>', `${ROLE_HELP}; again for more`, roleOption)
    .option('--hours <number>', 'hours until the link expires', wholeNumber(1, 168), 72)
    .action(
      async (
        options: Common & { name: string; email: string; role: RoleOption[]; hours: number },
        self: Command,
      ) => {
        const { name, email, role: roles, hours } = options;
        const node = await connectOwnNode(configOf(self));
        const made = await node.mutate(
          `mutation ($input: InvitePersonInput!) { invitePerson(input: $input) { person link expiresAt ${ERROR} } }`,
          { input: { name, email, roles, hours } },
        );
        printLink(made, options);
      },
    );
}

function addLink(people: Command): void {
  command(people, 'link', 'make a new link for a person, who has lost the first one or the password')
    .argument('<person>')
    .action(async (person: string, options: Common, self: Command) => {
      const node = await connectOwnNode(configOf(self));
      const { id } = await find(self, person);
      const made = await node.mutate(
        `mutation ($person: ID!) { inviteAgain(person: $person) { person link expiresAt ${ERROR} } }`,
        { person: id },
      );
      printLink(made, options);
    });
}

function addList(people: Command): void {
  command(people, 'list', 'list the people and their roles').action(
    async (options: Common, self: Command) => {
      const rows = await list(self);
      if (options.json) return printJson(rows);
      if (rows.length === 0)
        return printLine('Nobody yet. The node prints a link for the first administrator when it starts.');
      printTable(
        ['NAME', 'E-MAIL', 'STATUS', 'ROLES', 'LAST LOG-IN', 'ID'],
        rows.map(({ name, email, status, roles, lastLoginAt, id }) => [
          text(name),
          text(email),
          text(status),
          rolesText(roles),
          text(lastLoginAt),
          text(id),
        ]),
      );
    },
  );
}

function addRoles(people: Command): void {
  command(people, 'roles', 'replace the roles of a person; none takes all of them away')
    .argument('<person>')
    .option('--role <role>', `${ROLE_HELP}; again for more`, roleOption)
    .action(async (person: string, options: Common & { role?: RoleOption[] }, self: Command) => {
      const node = await connectOwnNode(configOf(self));
      const { id } = await find(self, person);
      const { person: now } = await node.mutate(
        `mutation ($person: ID!, $roles: [RoleAssignmentInput!]!) {
           setRoles(person: $person, roles: $roles) { person ${PERSON} ${ERROR} } }`,
        { person: id, roles: options.role ?? [] },
      );
      printPerson(now as JsonObject, options);
    });
}

function addMoves(people: Command): void {
  const moves = [
    ['suspend', 'end all sessions of a person, and let nobody in as that person'],
    ['resume', 'let a suspended person in again'],
  ] as const;
  for (const [move, summary] of moves) {
    command(people, move, summary)
      .argument('<person>')
      .action(async (person: string, options: Common, self: Command) => {
        const node = await connectOwnNode(configOf(self));
        const { id } = await find(self, person);
        const { person: now } = await node.mutate(
          `mutation ($person: ID!) { ${move}Person(person: $person) { person ${PERSON} ${ERROR} } }`,
          { person: id },
        );
        printPerson(now as JsonObject, options);
      });
  }
}

function command(people: Command, name: string, summary: string): Command {
  return people.command(name).description(summary).option('--json', 'print JSON');
}

async function list(self: Command): Promise<JsonObject[]> {
  const node = await connectOwnNode(configOf(self));
  const { people } = await node.query(`{ people ${PERSON} }`);
  return Array.isArray(people) ? (people as JsonObject[]) : [];
}

async function find(self: Command, person: string): Promise<JsonObject> {
  const named = person.trim().toLowerCase();
  const found = (await list(self)).find(({ id, email }) => id === named || email === named);
  if (found) return found;
  throw new CommandError(`Nobody here has the e-mail address or id ${person}.`, 'See `lotbook people list`.');
}

function printLink({ person, link, expiresAt }: JsonObject, options: Common): void {
  if (options.json) return printJson({ person, link, expiresAt });
  printLine(
    `Give this link to the person by a way that you trust. It is good once, until ${text(expiresAt)}:`,
  );
  printLine();
  printLine(`  ${text(link)}`);
}

function printPerson(person: JsonObject, options: Common): void {
  if (options.json) return printJson(person);
  const roles = rolesText(person['roles']);
  printLine(
    `${text(person['name']) || text(person['id'])} is ${text(person['status'])}${roles ? `, with ${roles}` : ''}.`,
  );
}

function text(value: JsonValue | undefined): string {
  return typeof value === 'string' ? value : '';
}
