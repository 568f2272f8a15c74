import { Alert, Anchor, Card, Checkbox, Group, Stack, Text, Title } from '@mantine/core';
import '@mantine/core/styles/Checkbox.css';
import { useState } from 'react';
import { Link, useSearchParams } from 'react-router';
import { useQuery } from 'urql';
import { useCaller } from '../components/caller.ts';
import { Confirm } from '../components/confirm.tsx';
import { useDeed } from '../components/deed.ts';
import { Empty } from '../components/empty.tsx';
import { type Column, Facts, Listing } from '../components/listing.tsx';
import { useNames } from '../components/names.ts';
import { Page } from '../components/page.tsx';
import { Shown } from '../components/shown.tsx';
import { durationText, When } from '../components/when.tsx';
import {
  AuthoritiesDocument,
  type AuthorityPartsFragment,
  AuthorityWithTermsDocument,
  type AuthorityWithTermsQuery,
  HandOverDocument,
  TakeOverDocument,
} from '../operations/generated/documents.ts';
import { REASONS, stateOf } from './authority/words.ts';

export function Component() {
  const [params] = useSearchParams();
  const book = params.get('book');
  return book === null ? <All /> : <One book={book} />;
}

function All() {
  const [authorities] = useQuery({ query: AuthoritiesDocument });
  return (
    <Page title="Authority">
      <Shown of={authorities}>
        {({ authorities: list }) =>
          list.length === 0 ? (
            <Empty what="No book here has an appointed authority: each is approved by its owner alone.">
              So that a book goes on while your node is down, appoint a backup and a witness:{' '}
              <code>lotbook authority appoint BOOK --backup ORGANISATION --witness ORGANISATION</code>
            </Empty>
          ) : (
            <Stack>
              {list.map((authority) => (
                <Standing key={authority.book} authority={authority} />
              ))}
            </Stack>
          )
        }
      </Shown>
    </Page>
  );
}

function Standing({ authority }: { authority: AuthorityPartsFragment }) {
  const { book, holder, term, since, why } = authority;
  const { text, isAlarm } = stateOf(authority);
  return (
    <Card withBorder component="section" aria-label={book}>
      <Anchor component={Link} to={`/authority?${new URLSearchParams({ book }).toString()}`} fw={600}>
        {book}
      </Anchor>
      <Text>
        {holder} approves since <When at={since} />, term {term}: {REASONS[why]}.
      </Text>
      <Text c={isAlarm ? 'red' : undefined}>{text}</Text>
    </Card>
  );
}

function One({ book }: { book: string }) {
  const [found] = useQuery({ query: AuthorityWithTermsDocument, variables: { book } });
  return (
    <Page title={`Authority of ${book}`}>
      <Shown of={found}>
        {({ authority }) => {
          if (!authority)
            return <Empty what="This book has no appointed authority.">Its owner approves alone.</Empty>;
          const { text, isAlarm } = stateOf(authority);
          return (
            <Stack>
              <Alert color={isAlarm ? 'red' : 'leaf'} title={text} />
              <Facts label="How the right stands" facts={factsOf(authority)} />
              <Moves authority={authority} />
              {authority.evidence.map(({ kind, detail, at }) => (
                <Alert key={kind + detail} color="red" title="Two signed statements contradict each other">
                  {detail}, noticed <When at={at} />
                </Alert>
              ))}
              <Title order={3} size="h4">
                Terms: each unbroken holding of the right
              </Title>
              <Listing
                label="Terms"
                columns={TERMS}
                rows={authority.terms.toReversed()}
                keyOf={({ n }) => n}
                minWidth={560}
              />
            </Stack>
          );
        }}
      </Shown>
    </Page>
  );
}

function factsOf(authority: AuthorityPartsFragment): Readonly<Record<string, string | null | undefined>> {
  const { primary, backup, witness, insync, lag, final, proposed, mode, leaseMs, takeoverMs, heardAgoMs } =
    authority;
  return {
    Primary: primary,
    Backup: backup ?? 'nobody takes over',
    Witness: witness ?? 'none: the primary keeps the register',
    'Hold every entry': insync.join(', '),
    'Entries that are final here': final?.toString(),
    'Proposed and not final yet': proposed?.toString(),
    'Entries that the other member lacks': lag?.toString(),
    'The other member was heard': typeof heardAgoMs === 'number' ? `${durationText(heardAgoMs)} ago` : null,
    'Without a quorum': mode === 'STRICT' ? 'requests wait' : 'answers are provisional',
    Lease: durationText(leaseMs),
    'Silence until the backup takes over': durationText(takeoverMs),
  };
}

/** Giving the right away is a planned thing, at the node that has it; taking it is for the other one, on somebody's word. */
function Moves({
  authority: { book, holder, primary, backup, witness, insync },
}: {
  authority: AuthorityPartsFragment;
}) {
  const { node, has } = useCaller();
  const [handOver] = useDeed(HandOverDocument);
  const [takeOver] = useDeed(TakeOverDocument);
  const [isDown, setDown] = useState(false);
  const nameOf = useNames();
  const other = holder === primary ? backup : primary;
  const own = node?.organisation;
  if (!has('ADMINISTRATOR') || !other) return null;
  if (own === holder && insync.length > 1)
    return (
      <Group>
        <Confirm
          label={`Hand the right over to ${nameOf(other)}`}
          title={`Hand the right over to ${nameOf(other)}?`}
          deed="Hand over"
          onConfirm={() => handOver({ book })}
        >
          <Text>
            {nameOf(other)} approves updates from then on, without a pause for anybody. Hand it back from its
            node, or here once it is back.
          </Text>
        </Confirm>
      </Group>
    );
  if (own === backup && own !== holder && witness === null)
    return (
      <Group>
        <Confirm
          label="Take the right over"
          title={`Is the node of ${nameOf(holder)} down?`}
          deed="Take over"
          isGrave
          isReady={isDown}
          onConfirm={() => takeOver({ book })}
        >
          <Text>
            This book has no witness, so nobody but you can tell a node that is dead from one that is only cut
            off. If it is only cut off, both approve, and what one of them approved will count no more.
          </Text>
          <Checkbox
            label="I have made sure that the node is down, and will not come back by itself"
            checked={isDown}
            onChange={(event) => setDown(event.currentTarget.checked)}
          />
        </Confirm>
      </Group>
    );
  return null;
}

type Term = NonNullable<AuthorityWithTermsQuery['authority']>['terms'][number];

const TERMS: readonly Column<Term>[] = [
  { head: 'Term', cell: ({ n }) => n, isNumber: true },
  { head: 'Holder', cell: ({ holder }) => holder },
  {
    head: 'Why',
    cell: ({ why, confirmedBy }) => `${REASONS[why]}${confirmedBy ? `, on the word of ${confirmedBy}` : ''}`,
  },
  { head: 'Since', cell: ({ since }) => <When at={since} /> },
];
