import type { Command } from 'commander';
import type { JsonObject, JsonValue } from '../identity/strict-json.ts';
import { configOf, wholeNumber } from './options.ts';
import { printJson, printLine, printTable } from './output.ts';
import { connectOwnNode } from './own-node.ts';
import { ROLE_HELP, type RoleOption, roleOption, rolesText } from './roles.ts';

const TOKEN = '{ id clientId name roles { role book } createdBy createdAt expiresAt usedAt revokedAt }';
const ERROR = 'error { message duty }';

/** `lotbook tokens ...`: each talks to the running node, with its own key. */
export function addTokens(program: Command): void {
  const tokens = program
    .command('tokens')
    .summary('make, list and revoke API tokens of programs')
    .description(
      'API tokens: what programs of this organisation call the node with that have no key of their own. `lotbook token` ' +
        'prints an access token of the operator, which is another thing.',
    );
  addCreate(tokens);
  addList(tokens);
  addRevoke(tokens);
}

function addCreate(tokens: Command): void {
  command(tokens, 'create', 'make a token; it is shown once')
    .requiredOption('--name <text>', 'what it is for')
    .requiredOption('--role <role>', `${ROLE_HELP}; again for more; not ADMINISTRATOR`, roleOption)
    .option('--days <number>', 'days until it ends', wholeNumber(1, 366), 90)
    .action(
      async (options: { json?: boolean; name: string; role: RoleOption[]; days: number }, self: Command) => {
        const { name, role: roles, days } = options;
        const node = await connectOwnNode(configOf(self));
        const made = await node.mutate(
          `mutation ($input: CreateApiTokenInput!) { createApiToken(input: $input) { token apiToken ${TOKEN} ${ERROR} } }`,
          { input: { name, roles, days } },
        );
        const { token, apiToken } = made;
        if (options.json) return printJson({ token, apiToken });
        const { expiresAt } = apiToken as JsonObject;
        printLine(`The token is shown this once. It ends at ${text(expiresAt)}.`);
        printLine();
        printLine(`  ${text(token)}`);
      },
    );
}

function addList(tokens: Command): void {
  command(tokens, 'list', 'list the tokens').action(async (options: { json?: boolean }, self: Command) => {
    const { apiTokens } = await (await connectOwnNode(configOf(self))).query(`{ apiTokens ${TOKEN} }`);
    const rows = Array.isArray(apiTokens) ? (apiTokens as JsonObject[]) : [];
    if (options.json) return printJson(rows);
    if (rows.length === 0) return printLine('No tokens yet.');
    printTable(
      ['NAME', 'ROLES', 'ENDS', 'LAST USED', 'ID'],
      rows.map(({ name, roles, expiresAt, usedAt, revokedAt, id }) => [
        text(name),
        rolesText(roles),
        revokedAt === null ? text(expiresAt) : `revoked ${text(revokedAt)}`,
        text(usedAt) || 'never',
        text(id),
      ]),
    );
  });
}

function addRevoke(tokens: Command): void {
  command(tokens, 'revoke', 'take a token out of use at once')
    .argument('<id>')
    .action(async (id: string, options: { json?: boolean }, self: Command) => {
      const node = await connectOwnNode(configOf(self));
      const { apiToken } = await node.mutate(
        `mutation ($id: ID!) { revokeApiToken(id: $id) { apiToken ${TOKEN} ${ERROR} } }`,
        { id },
      );
      if (options.json) return printJson(apiToken);
      printLine(`The token "${text((apiToken as JsonObject)['name'])}" is revoked.`);
    });
}

function command(tokens: Command, name: string, summary: string): Command {
  return tokens.command(name).description(summary).option('--json', 'print JSON');
}

function text(value: JsonValue | undefined): string {
  return typeof value === 'string' ? value : '';
}
