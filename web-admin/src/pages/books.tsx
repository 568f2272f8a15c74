import { Anchor } from '@mantine/core';
import { Link } from 'react-router';
import { useQuery } from 'urql';
import { type Column, Listing } from '../components/listing.tsx';
import { Page } from '../components/page.tsx';
import { Shown } from '../components/shown.tsx';
import { When } from '../components/when.tsx';
import { BooksDocument, type BooksQuery } from '../operations/generated/documents.ts';

export function Component() {
  const [books] = useQuery({ query: BooksDocument });
  return (
    <Page title="Books">
      <Shown of={books}>
        {({ books: list }) => <Listing label="Books" columns={COLUMNS} rows={list} keyOf={({ id }) => id} />}
      </Shown>
    </Page>
  );
}

const COLUMNS: readonly Column<BooksQuery['books'][number]>[] = [
  {
    head: 'Title',
    cell: ({ id, title }) => (
      <Anchor component={Link} to={`/records?book=${encodeURIComponent(id)}`}>
        {title}
      </Anchor>
    ),
  },
  { head: 'Owner', cell: ({ owner }) => owner },
  { head: 'Approves now', cell: ({ authority }) => authority },
  { head: 'Entries', cell: ({ length }) => length, isNumber: true },
  { head: 'Since', cell: ({ createdAt }) => <When at={createdAt} /> },
];
