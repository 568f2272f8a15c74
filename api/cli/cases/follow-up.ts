import type { Command } from 'commander';
import { isJsonObject } from '../../identity/strict-json.ts';
import { printLine } from '../output.ts';
import { ERROR, mutate, NOTICE, show, step, text } from './notice.ts';

/** What is done about a notice beside the way that it should go, and the end of a case. */
export function addFollowUp(cases: Command): void {
  for (const [name, operation, summary] of REASONED) {
    step(cases, name, summary)
      .requiredOption('--reason <text>', 'why')
      .action(async (book: string, id: string, { reason }: { reason: string }, self: Command) => {
        const document = `mutation ($book: ID!, $id: ID!, $reason: String!) {
          ${operation}(book: $book, id: $id, reason: $reason) { ${NOTICE} ${ERROR} } }`;
        show(await mutate(self, document, { book, id, reason }));
      });
  }
  step(cases, 'escalate', 'note to whom the silence of a recipient was escalated')
    .argument('<recipient>')
    .requiredOption('--to <whom>')
    .action(async (book: string, id: string, recipient: string, { to }: { to: string }, self: Command) => {
      const document = `mutation ($book: ID!, $id: ID!, $recipient: String!, $to: String!) {
        escalateRecipient(book: $book, id: $id, recipient: $recipient, to: $to) { ${NOTICE} ${ERROR} } }`;
      show(await mutate(self, document, { book, id, recipient, to }));
    });
  step(cases, 'withdraw-lots', 'take lots that are not affected out of an issued notice, as a second person')
    .argument('<lot...>')
    .requiredOption('--reason <text>', 'why')
    .action(
      async (book: string, id: string, lots: string[], { reason }: { reason: string }, self: Command) => {
        const document = `mutation ($book: ID!, $id: ID!, $lots: [ID!]!, $reason: String!) {
        withdrawLots(book: $book, id: $id, lots: $lots, reason: $reason) { ${NOTICE} ${ERROR} } }`;
        show(await mutate(self, document, { book, id, lots, reason }));
      },
    );
  step(cases, 'link', 'make a new link by which a recipient without a node answers once')
    .argument('<recipient>')
    .action(async (book: string, id: string, recipient: string, _: object, self: Command) => {
      const { link: made } = await mutate(
        self,
        `mutation ($book: ID!, $id: ID!, $recipient: String!) {
          makeAnswerLink(book: $book, id: $id, recipient: $recipient) { link { link expiresAt } ${ERROR} } }`,
        { book, id, recipient },
      );
      if (isJsonObject(made)) printLine(`${text(made['link'])} until ${text(made['expiresAt'])}`);
    });
  cases
    .command('finish')
    .argument('<book>', 'the book of the case')
    .requiredOption('--summary <text>', 'what it was, and how it ended')
    .description('close a case whose notices are all closed or cancelled')
    .action(async (book: string, { summary }: { summary: string }, self: Command) => {
      const document = `mutation ($book: ID!, $summary: String!) {
        closeCase(book: $book, summary: $summary) { case { state } ${ERROR} } }`;
      const { case: closed } = await mutate(self, document, { book, summary });
      printLine(isJsonObject(closed) ? text(closed['state']) : '');
    });
}

const REASONED = [
  ['send-back', 'sendBackNotice', 'send a proposed notice back to who drafts it'],
  ['cancel', 'cancelNotice', 'drop a notice that was not issued'],
] as const;
