import { Alert, Anchor, Stack, Text, Title } from '@mantine/core';
import { Link } from 'react-router';
import { useQuery } from 'urql';
import { FEEDS } from '../../components/feed-words.ts';
import { When } from '../../components/when.tsx';
import {
  BooksDocument,
  type BooksQuery,
  VerificationDocument,
} from '../../operations/generated/documents.ts';

/** What a partner shares with this node, how its feeds fare, and whatever of it was found to be untrue. */
export function ItsBooks({ owner }: { owner: string }) {
  const [{ data }] = useQuery({ query: BooksDocument });
  const books = (data?.books ?? []).filter((book) => book.owner === owner);
  return (
    <Stack gap="xs">
      <Title order={3} size="h4">
        What it shares with you
      </Title>
      {data && books.length === 0 && <Text>Nothing yet: it has to open fields of a book to you.</Text>}
      {books.map((book) => (
        <One key={book.id} book={book} />
      ))}
    </Stack>
  );
}

function One({ book: { id, title, feed } }: { book: BooksQuery['books'][number] }) {
  const [{ data }] = useQuery({ query: VerificationDocument, variables: { book: id } });
  const { evidence = [], faults = [] } = data?.verification ?? {};
  return (
    <div>
      <Text>
        <Anchor component={Link} to={`/records?${new URLSearchParams({ book: id }).toString()}`}>
          {title}
        </Anchor>
        {feed && (
          <>
            : {FEEDS[feed.state].toLowerCase()} since <When at={feed.since} />
            {feed.lastError ? `: ${feed.lastError}` : ''}
          </>
        )}
      </Text>
      {evidence.map(({ kind, detail, at }) => (
        <Alert key={kind + at + detail} color="red" title="It signed two things that cannot both be true">
          {detail}, noticed <When at={at} />. Keep it: the two signatures prove it to anybody.
        </Alert>
      ))}
      {faults.map(({ code, detail, at, seq }) => (
        <Alert key={code + at + detail} color="red" title="Something that it sent failed verification">
          {detail}
          {seq ? `, at entry ${seq} of the book` : ''}, <When at={at} />. It was not taken.
        </Alert>
      ))}
    </div>
  );
}
