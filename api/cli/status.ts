import type { Command } from 'commander';
import { isJsonObject, type JsonObject, type JsonValue } from '../identity/strict-json.ts';
import { configOf } from './options.ts';
import { printJson, printLine, printTable } from './output.ts';
import { connectOwnNode } from './own-node.ts';

const STATUS = `{
  node { organisation name url protocol version }
  books { id title owner authority localCopy length provisional feed { state since lastItemAt lastError quarantined } }
  partners { organisation status unreachableSince unreachable }
  authorities { book holder term since state }
}`;

const PENDING =
  'query ($book: ID!) { pendingRequests(book: $book, first: 100) { edges { node { id } } pageInfo { hasNextPage } } }';

export function addStatus(program: Command): void {
  program
    .command('status')
    .summary('how the running node fares')
    .description(
      'Tells of the running node: its books, who holds the right to approve, the feeds that it receives, waiting and provisional requests, ' +
        'partners, health.',
    )
    .option('--json', 'print JSON')
    .action(async (options: { json?: boolean }, command: Command) => {
      const own = await connectOwnNode(configOf(command));
      const { node, books, partners, authorities } = await own.query(STATUS);
      const ready = await fetch(`${own.localUrl}/readyz`).then(({ ok }) => ok);
      const rows = objects(books);
      const pending: Record<string, string> = {};
      for (const book of rows.filter(({ authority }) => authority === own.organisation)) {
        const id = text(book['id']);
        pending[id] = countOf((await own.query(PENDING, { book: id }))['pendingRequests']);
      }
      if (options.json) return printJson({ node, ready, books: rows, authorities, partners, pending });
      printNode(isJsonObject(node) ? node : {}, ready);
      printBooks(rows, pending, own.organisation);
      printAuthorities(objects(authorities));
      printPartners(objects(partners));
    });
}

function printNode(node: JsonObject, ready: boolean): void {
  printLine(`${text(node['organisation'])} (${text(node['name'])}) at ${text(node['url'])}`);
  printLine(
    `Lotbook ${text(node['version'])}, protocol ${text(node['protocol'])}, ${ready ? 'ready' : 'NOT READY: see its log'}`,
  );
}

function printBooks(
  books: readonly JsonObject[],
  pending: Record<string, string>,
  organisation: string,
): void {
  printLine();
  if (books.length === 0) return printLine('No books yet.');
  printTable(
    ['BOOK', 'ENTRIES', 'WAITING', 'PROVISIONAL', 'FEED', 'LAST ERROR'],
    books.map((book) => {
      const feed = isJsonObject(book['feed']) ? book['feed'] : undefined;
      const kept = feed && Number(feed['quarantined']) > 0 ? `, ${text(feed['quarantined'])} kept aside` : '';
      const held = book['owner'] === organisation ? 'own book' : 'held in full';
      return [
        text(book['id']),
        text(book['length']),
        pending[text(book['id'])] ?? '',
        text(book['provisional']),
        feed ? `${text(feed['state'])} since ${text(feed['since'])}${kept}` : held,
        text(feed?.['lastError']),
      ];
    }),
  );
}

/** Books whose right to approve can move; in the others their owner holds it. */
function printAuthorities(authorities: readonly JsonObject[]): void {
  if (authorities.length === 0) return;
  printLine();
  printTable(
    ['BOOK', 'RIGHT TO APPROVE', 'TERM', 'SINCE', 'STATE'],
    authorities.map(({ book, holder, term, since, state }) => [
      text(book),
      text(holder),
      text(term),
      text(since),
      text(state),
    ]),
  );
}

function printPartners(partners: readonly JsonObject[]): void {
  printLine();
  if (partners.length === 0) return printLine('No partners yet.');
  printTable(
    ['PARTNER', 'STATUS', 'ANSWERS'],
    partners.map((partner) => [
      text(partner['organisation']),
      text(partner['status']),
      partner['unreachableSince'] === null
        ? 'yes'
        : `not since ${text(partner['unreachableSince'])}: ${text(partner['unreachable'])}`,
    ]),
  );
}

function countOf(connection: JsonValue | undefined): string {
  if (!isJsonObject(connection)) return '';
  const count = objects(connection['edges']).length;
  const more = isJsonObject(connection['pageInfo']) && connection['pageInfo']['hasNextPage'] === true;
  return `${count}${more ? ' or more' : ''}`;
}

function objects(value: JsonValue | undefined): JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}

function text(value: JsonValue | undefined): string {
  return value === null || value === undefined ? '' : String(value);
}
