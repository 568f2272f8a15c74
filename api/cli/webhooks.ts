import type { Command } from 'commander';
import { isJsonObject, type JsonObject, type JsonValue } from '../identity/strict-json.ts';
import { bookId } from './authority/standing.ts';
import { configOf } from './options.ts';
import { printJson, printLine, printTable } from './output.ts';
import { connectOwnNode } from './own-node.ts';

const DELIVERY = 'id after cursor items state attempts status error createdAt attemptedAt';
const WEBHOOK = `{ id book subscriber url state reason cursor createdAt deliveredAt failures failingSince lastError nextAttemptAt }`;
const PAYLOAD = `{ webhook ${WEBHOOK} error { message duty } }`;
const LIST = `{ webhooks ${WEBHOOK} }`;
const DELIVERIES = `{ webhooks { id deliveries(first: 100) { ${DELIVERY} } } }`;

interface Options {
  json?: boolean;
}

/** `lotbook webhooks ...`: addresses to which the feeds of books are posted. */
export function addWebhooks(program: Command): void {
  const webhooks = program
    .command('webhooks')
    .summary('post feeds to who cannot hold a stream: add, list, deliveries, replay, enable, remove')
    .description(
      'A webhook is an address to which the node posts the feed of a book, signed, with exactly what its subscriber may see. ' +
        'It is tried again, later and later, until it answers 2xx.',
    );
  addAdd(webhooks);
  addList(webhooks);
  addDeliveries(webhooks);
  addChanges(webhooks);
}

function addAdd(webhooks: Command): void {
  command(webhooks, 'add', 'have the feed of a book posted to an address')
    .argument('<book>', 'a book of the node, or one that it has a local copy of')
    .argument('<url>', 'https')
    .option('--for <client>', 'as whom the feed is read: a partner, or a program (default: this node itself)')
    .option('--after <cursor>', 'go on from there (default: from the beginning)')
    .action(
      async (
        given: string,
        url: string,
        { json, for: subscriber, after }: Options & { for?: string; after?: string },
        self: Command,
      ) => {
        const node = await connectOwnNode(configOf(self));
        const input = { book: bookId(node, given), url, subscriber, after };
        const { webhook } = await node.mutate(
          `mutation ($input: AddWebhookInput!) { addWebhook(input: $input) ${PAYLOAD} }`,
          { input },
        );
        if (json) return printJson(webhook);
        const { id, subscriber: reader, book } = webhook as JsonObject;
        printLine(`What ${text(reader)} may see of ${text(book)} is posted there from now on.`);
        printLine(`Its id is ${text(id)}: "lotbook webhooks deliveries ${text(id)}" tells how it fares.`);
      },
    );
}

function addList(webhooks: Command): void {
  command(webhooks, 'list', 'list the webhooks, and how they fare').action(
    async ({ json }: Options, self: Command) => {
      const { webhooks: found } = await (await connectOwnNode(configOf(self))).query(LIST);
      const rows = Array.isArray(found) ? found.filter(isJsonObject) : [];
      if (json) return printJson(rows);
      if (rows.length === 0) return printLine('No webhooks yet.');
      printTable(
        ['BOOK', 'FOR', 'URL', 'STATE', 'LAST TAKEN', 'ID'],
        rows.map((row) => [
          ...['book', 'subscriber', 'url'].map((name) => text(row[name])),
          stateOf(row),
          text(row['deliveredAt']) || 'never',
          text(row['id']),
        ]),
      );
    },
  );
}

function addDeliveries(webhooks: Command): void {
  command(webhooks, 'deliveries', 'tell what was posted to an address, the newest first')
    .argument('<id>', 'the id of the webhook')
    .action(async (id: string, { json }: Options, self: Command) => {
      const { webhooks: found } = await (await connectOwnNode(configOf(self))).query(DELIVERIES);
      const webhook = (Array.isArray(found) ? found.filter(isJsonObject) : []).find(
        (each) => each['id'] === id,
      );
      const rows = Array.isArray(webhook?.['deliveries']) ? webhook['deliveries'].filter(isJsonObject) : [];
      if (json) return printJson(rows);
      if (rows.length === 0) return printLine('Nothing was posted to such a webhook.');
      printTable(
        ['LAST TRIED', 'STATE', 'ATTEMPTS', 'ITEMS', 'ANSWER', 'ID', 'GOES ON FROM'],
        rows.map((row) => [
          text(row['attemptedAt']),
          text(row['state']),
          String(row['attempts']),
          String(row['items']),
          text(row['error']) || String(row['status'] ?? ''),
          text(row['id']),
          text(row['after']) || 'the beginning',
        ]),
      );
    });
}

/** Each changes one webhook, and says what it has done. */
function addChanges(webhooks: Command): void {
  const adding = (name: string, summary: string, field: string, said: string): Command =>
    command(webhooks, name, summary)
      .argument('<id>', 'the id of the webhook')
      .action(async (id: string, { json, after }: Options & { after?: string }, self: Command) => {
        const [declared, given] = field === 'replayWebhook' ? [', $after: ID', ', after: $after'] : ['', ''];
        const node = await connectOwnNode(configOf(self));
        const { webhook } = await node.mutate(
          `mutation ($id: ID!${declared}) { ${field}(id: $id${given}) ${PAYLOAD} }`,
          { id, after },
        );
        if (json) return printJson(webhook);
        printLine(said);
      });
  const more = 'What comes after is posted once more.';
  adding('replay', 'post once more what comes after a cursor', 'replayWebhook', more).option(
    '--after <cursor>',
    'the cursor (default: from the beginning)',
  );
  const on = 'It goes on from where it stopped.';
  adding('enable', 'post again to an address that was given up', 'enableWebhook', on);
  adding('remove', 'end a webhook', 'removeWebhook', 'Nothing is posted there any more.');
}

function stateOf({ state, reason, failures, lastError, failingSince }: JsonObject): string {
  if (state !== 'ACTIVE') return `${text(state)}: ${text(reason)}`;
  return failures === 0 ? 'ACTIVE' : `fails since ${text(failingSince)}: ${text(lastError)}`;
}

function command(webhooks: Command, name: string, summary: string): Command {
  return webhooks.command(name).description(summary).option('--json', 'print JSON');
}

function text(value: JsonValue | undefined): string {
  return typeof value === 'string' ? value : '';
}
