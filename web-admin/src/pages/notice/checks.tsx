import { Group, Text, Title } from '@mantine/core';
import { useCaller } from '../../components/caller.ts';
import { type Column, Listing } from '../../components/listing.tsx';
import { useNames } from '../../components/names.ts';
import { When } from '../../components/when.tsx';
import { EntryForm } from '../case/entry-form.tsx';
import { METHODS } from '../case/entry-kinds.ts';
import { type Entry, textOf, useEntries } from '../case/work.ts';
import type { NoticeFile } from './draft.ts';

/** Effectiveness checks: whether consignees that are asked knew of the notice, and had done what it asks for (21 CFR 7.42(b)(3)). */
export function Checks({ notice: { book, id, state, replies } }: { notice: NoticeFile }) {
  const [entries, again] = useEntries(book);
  const { has } = useCaller();
  const nameOf = useNames();
  const checks = entries.filter(({ kind, content }) => kind === 'CHECK' && content['notice'] === id);
  const good = checks.filter(
    ({ content }) => content['informed'] === true && content['acted'] === true,
  ).length;
  const yes =
    (name: string) =>
    ({ content }: Entry) =>
      content[name] === true ? 'yes' : 'no';
  const columns: readonly Column<Entry>[] = [
    { head: 'Recipient', cell: (entry) => nameOf(textOf(entry, 'recipient') ?? '') },
    { head: 'When', cell: (entry) => <When at={textOf(entry, 'at') ?? ''} /> },
    { head: 'How', cell: (entry) => METHODS[textOf(entry, 'method') as keyof typeof METHODS] },
    { head: 'Knew of it', cell: yes('informed') },
    { head: 'Had acted', cell: yes('acted') },
    { head: 'By', cell: (entry) => nameOf(textOf(entry, 'by') ?? '') },
    { head: 'More', cell: (entry) => textOf(entry, 'remark') },
  ];
  const recipients = Object.fromEntries(replies.map(({ recipient }) => [recipient, nameOf(recipient)]));
  return (
    <section aria-label="Effectiveness checks">
      <Group justify="space-between" mb="xs">
        <Title order={3} size="h4">
          Effectiveness checks
        </Title>
        {state === 'ISSUED' && has('INVESTIGATOR') && (
          <EntryForm
            book={book}
            kind="CHECK"
            label="Add a check"
            given={{ notice: id }}
            choicesOf={{ recipient: recipients }}
            onDone={again}
          />
        )}
      </Group>
      {checks.length === 0 ? (
        <Text c="dimmed">
          None yet. Ask some of the recipients yourself whether they know, and have acted.
        </Text>
      ) : (
        <>
          <Text mb="xs">
            {good} of {checks.length} knew of it and had acted.
          </Text>
          <Listing
            label="Effectiveness checks"
            columns={columns}
            rows={checks}
            keyOf={({ id: key }) => key}
          />
        </>
      )}
    </section>
  );
}
