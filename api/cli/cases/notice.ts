import type { Command } from 'commander';
import { isJsonObject, type JsonObject } from '../../identity/strict-json.ts';
import { configOf } from '../options.ts';
import { printLine, printTable } from '../output.ts';
import { connectOwnNode } from '../own-node.ts';

export const ERROR = 'error { message duty }';
export const NOTICE = `notice { id book case title state missing { field message }
  replies { recipient state overdue impact reminders escalatedTo found { lot quantity uom disposition } }
  board { direct { notified acknowledged answered confirmed } overdue totals { unit consigned found foundBelow unaccounted } } }`;

/** A command about one notice. */
export function step(cases: Command, name: string, summary: string): Command {
  return cases.command(name).description(summary).argument('<book>').argument('<notice>', 'its id');
}

export function show({ notice }: JsonObject): void {
  if (!isJsonObject(notice)) return;
  printLine(`${text(notice['id'])} in ${text(notice['book'])}: ${text(notice['state'])}`);
  for (const { field, message } of objects(notice['missing']))
    printLine(`missing: ${text(field)}. ${text(message)}`);
  const replies = objects(notice['replies']);
  if (replies.length === 0) return;
  printTable(
    ['RECIPIENT', 'STATE', 'IMPACT', 'REMINDED', 'ESCALATED TO'],
    replies.map(({ recipient, state, overdue, impact, reminders, escalatedTo }) => [
      text(recipient),
      `${text(state)}${overdue === true ? ' OVERDUE' : ''}`,
      text(impact),
      text(reminders),
      text(escalatedTo),
    ]),
  );
}

export async function mutate(
  self: Command,
  document: string,
  variables: Record<string, unknown>,
): Promise<JsonObject> {
  return (await connectOwnNode(configOf(self))).mutate(document, variables);
}

export function objects(value: unknown): JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}

export function text(value: unknown): string {
  return value === null || value === undefined ? '' : String(value);
}
