import { Anchor, Button, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { Link } from 'react-router';
import { useAll } from '../../components/all.ts';
import { type Column, Listing } from '../../components/listing.tsx';
import { shortOf, useNames } from '../../components/names.ts';
import { useNews } from '../../components/news.ts';
import { Loading } from '../../components/shown.tsx';
import { When } from '../../components/when.tsx';
import { CaseLogDocument, type CaseLogQuery } from '../../operations/generated/documents.ts';
import { KINDS, titleOf } from '../record/words.ts';

type Change = CaseLogQuery['changes']['edges'][number]['node'];

const AT_FIRST = 100;

const changesOf = (data: CaseLogQuery) => data.changes;

/** Who did what and when: the log of the book that is the case, the latest first. Each line is signed. */
export function Activity({ book }: { book: string }) {
  const [all, again] = useAll(CaseLogDocument, { book }, changesOf);
  useNews(book, again);
  const [most, setMost] = useState(AT_FIRST);
  const nameOf = useNames();
  if (all === null) return <Loading />;
  const changes = all.toReversed();
  const columns: readonly Column<Change>[] = [
    { head: 'When', cell: ({ at }) => <When at={at} /> },
    { head: 'Who', cell: ({ by, byName }) => byName ?? (by ? nameOf(by) : 'not known here') },
    {
      head: 'What',
      cell: ({ record, kind, version, fields }) => (
        <>
          {version === 1 ? 'wrote' : `changed (version ${version})`}{' '}
          <Anchor
            component={Link}
            underline="always"
            inherit
            to={`/record?${new URLSearchParams({ book, id: record }).toString()}`}
          >
            {KINDS[kind]}: {wordsOf(record, fields, nameOf)}
          </Anchor>
          {stateOf(fields)}
        </>
      ),
    },
    { head: 'Entry', cell: ({ seq }) => seq, isNumber: true },
  ];
  return (
    <Stack gap="sm">
      <Text size="sm">
        Each entry is signed and continues the one before: an{' '}
        <Anchor
          component={Link}
          inherit
          underline="always"
          to={`/exports?${new URLSearchParams({ book }).toString()}`}
        >
          export of the case
        </Anchor>{' '}
        proves them to anybody.
      </Text>
      <Listing label="Activity" columns={columns} rows={changes.slice(0, most)} keyOf={({ seq }) => seq} />
      {changes.length > most && (
        <Button variant="default" onClick={() => setMost(most * 5)}>
          More: {changes.length - most} are not shown
        </Button>
      )}
    </Stack>
  );
}

/** What an entry is about, in the words of who wrote it. */
function wordsOf(id: string, value: unknown, nameOf: (id: string) => string): string {
  const fields = (value ?? {}) as Readonly<Record<string, unknown>>;
  for (const name of ['decision', 'why', 'text', 'analyte']) {
    const text = fields[name];
    if (typeof text === 'string' && text !== '') return text;
  }
  const { recipient } = fields;
  return typeof recipient === 'string' ? nameOf(recipient) : shortOf(titleOf({ id, fields }));
}

function stateOf(fields: unknown): string {
  const { state } = (fields ?? {}) as { state?: unknown };
  return typeof state === 'string' ? `, ${state.toLowerCase()}` : '';
}
