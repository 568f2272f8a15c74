import { Anchor, Button, Group, Stack, Text, Title } from '@mantine/core';
import { useMemo } from 'react';
import { Link } from 'react-router';
import { useCaller } from '../../components/caller.ts';
import { useDeed } from '../../components/deed.ts';
import { isPlace } from '../../components/identifier-form.tsx';
import { type Column, Listing } from '../../components/listing.tsx';
import { shortOf, useMasterData, useNames } from '../../components/names.ts';
import { WriteCaseEntryDocument } from '../../operations/generated/documents.ts';
import { EntryForm } from './entry-form.tsx';
import { partsOf } from './entry-parts.tsx';
import { type Entry, textOf, thingsOf, type Work } from './work.ts';

/** What is known of the case, entry by entry: to read, to add to, and to correct. */
export function Entries({ book, work }: { book: string; work: Work }) {
  const { entries, isOpen, again } = work;
  const names = useMasterData(useMemo(() => entries.flatMap(thingsOf), [entries]));
  const { has } = useCaller();
  const who = useNames();
  const mayWrite = isOpen && has('INVESTIGATOR');
  const of = (kind: Entry['kind']): Entry[] => entries.filter((each) => each.kind === kind);
  const thing = (id: string | null): React.ReactNode =>
    id === null ? '' : <Thing id={id} name={names.get(id)?.name} />;
  const change: Column<Entry> = {
    head: 'Change',
    cell: (entry) => (
      <Group gap="xs">
        {entry.kind === 'TASK' && entry.content['state'] === 'OPEN' && (
          <Done book={book} entry={entry} onDone={again} />
        )}
        <EntryForm book={book} kind={entry.kind} label="Edit" entry={entry} onDone={again} />
      </Group>
    ),
  };
  const parts = partsOf(thing, who);
  return (
    <Stack gap="lg">
      {parts.map(({ title, kind, add, given, isIn, columns, none }) => {
        const rows = of(kind).filter(isIn);
        return (
          <section key={title} aria-label={title}>
            <Group justify="space-between" mb="xs">
              <Title order={3} size="h4">
                {title}
              </Title>
              {mayWrite && <EntryForm book={book} kind={kind} label={add} given={given} onDone={again} />}
            </Group>
            {rows.length === 0 ? (
              <Text c="dimmed">{none}</Text>
            ) : (
              <Listing
                label={title}
                columns={mayWrite ? [...columns, change] : columns}
                rows={rows}
                keyOf={({ id }) => id}
              />
            )}
          </section>
        );
      })}
    </Stack>
  );
}

/** One step for what is done most. */
function Done({ book, entry, onDone }: { book: string; entry: Entry; onDone: () => void }) {
  const [write, isRunning] = useDeed(WriteCaseEntryDocument);
  const { id, kind, version, content } = entry;
  return (
    <Button
      size="compact-sm"
      variant="default"
      loading={isRunning}
      aria-label={`Done: ${textOf(entry, 'title')}`}
      onClick={() => {
        const done = { ...content, state: 'DONE', doneAt: new Date().toISOString() };
        void write({ input: { book, kind, record: id, base: version, content: done } }).then(onDone);
      }}
    >
      Done
    </Button>
  );
}

/** A lot, place or product by its name, with the way to what is known of it. */
function Thing({ id, name }: { id: string; name: string | undefined }) {
  const text = name ?? shortOf(id);
  const way = isPlace(id)
    ? `/trace?${new URLSearchParams({ place: id }).toString()}`
    : `/lot?${new URLSearchParams({ id }).toString()}`;
  const isProduct = /\/01\/\d+$/.test(id);
  return isProduct ? (
    <span title={id}>{text}</span>
  ) : (
    <Anchor component={Link} inherit to={way} title={id}>
      {text}
    </Anchor>
  );
}
