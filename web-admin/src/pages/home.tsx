import { Anchor, Badge, Card, Group, SimpleGrid, Stack, Text } from '@mantine/core';
import { Link } from 'react-router';
import { useQuery } from 'urql';
import { useCaller } from '../components/caller.ts';
import { Empty } from '../components/empty.tsx';
import { FEEDS } from '../components/feed-words.ts';
import { useNames } from '../components/names.ts';
import { Page } from '../components/page.tsx';
import { Shown } from '../components/shown.tsx';
import { When } from '../components/when.tsx';
import {
  AuthoritiesDocument,
  type AuthorityPartsFragment,
  BooksDocument,
  type BooksQuery,
} from '../operations/generated/documents.ts';
import { stateOf } from './authority/words.ts';
import { Alarms } from './home/alarms.tsx';
import { OpenCases } from './home/open-cases.tsx';
import { Start } from './home/start.tsx';
import { Waiting } from './home/waiting.tsx';

type Book = BooksQuery['books'][number];

/** What needs somebody's eyes: feeds that fail, requests that wait, rights that nobody holds. */
export function Component() {
  const [books] = useQuery({ query: BooksDocument });
  const [authorities] = useQuery({ query: AuthoritiesDocument });
  return (
    <Page title="Home">
      <Alarms />
      <OpenCases />
      <Start />
      <Shown of={books}>
        {({ books: list }) =>
          list.length === 0 ? (
            <Empty what="There is no book yet.">
              Make one with <code>lotbook init --book NAME</code>, or become the partner of somebody who
              shares one.
            </Empty>
          ) : (
            <SimpleGrid cols={{ base: 1, md: 2, xl: 3 }}>
              {list.map((book) => (
                <BookCard
                  key={book.id}
                  book={book}
                  authority={authorities.data?.authorities.find((each) => each.book === book.id)}
                />
              ))}
            </SimpleGrid>
          )
        }
      </Shown>
    </Page>
  );
}

function BookCard({ book, authority }: { book: Book; authority: AuthorityPartsFragment | undefined }) {
  const { id, title, owner, length, localCopy, feed, provisional } = book;
  const state = authority && stateOf(authority);
  const { has } = useCaller();
  const nameOf = useNames();
  return (
    <Card withBorder component="section" aria-label={title}>
      <Stack gap={6}>
        <Group justify="space-between" wrap="nowrap">
          <Anchor component={Link} to={`/records?book=${encodeURIComponent(id)}`} fw={600}>
            {title}
          </Anchor>
          <Badge variant="default">{localCopy ? 'local copy' : 'held whole'}</Badge>
        </Group>
        <Text size="sm">
          of {nameOf(owner)}, {length?.toLocaleString()} entries
        </Text>
        {feed && (
          <Text size="sm" c={feed.state === 'FAILED' ? 'red' : undefined}>
            {FEEDS[feed.state]} since <When at={feed.since} />
            {feed.lastError ? `: ${feed.lastError}` : ''}
            {feed.quarantined > 0 ? `; ${feed.quarantined} received items failed verification` : ''}
          </Text>
        )}
        {state && (
          <Text size="sm" c={state.isAlarm ? 'red' : undefined}>
            {state.text}
          </Text>
        )}
        {!localCopy && has('APPROVER') && <Waiting book={id} />}
        {provisional ? <Text size="sm">{provisional} requests have a provisional answer only.</Text> : null}
      </Stack>
    </Card>
  );
}
