import { Alert, Anchor, Stack } from '@mantine/core';
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import { useQuery } from 'urql';
import { When } from '../../components/when.tsx';
import {
  AuthoritiesDocument,
  BooksDocument,
  PartnersDocument,
  WebhooksDocument,
} from '../../operations/generated/documents.ts';
import { stateOf } from '../authority/words.ts';

interface Alarm {
  key: string;
  to: string;
  text: ReactNode;
}

/** What somebody has to look at now, each with the way to where one can do something about it. */
export function Alarms() {
  const [{ data: books }] = useQuery({ query: BooksDocument });
  const [{ data: authorities }] = useQuery({ query: AuthoritiesDocument });
  const [{ data: partners }] = useQuery({ query: PartnersDocument });
  const [{ data: webhooks }] = useQuery({ query: WebhooksDocument });
  const alarms = [
    ...(authorities?.authorities ?? []).flatMap((authority): Alarm[] => {
      const { text, isAlarm } = stateOf(authority);
      const to = `/authority?${new URLSearchParams({ book: authority.book }).toString()}`;
      return isAlarm ? [{ key: `authority ${authority.book}`, to, text: `${authority.book}: ${text}` }] : [];
    }),
    ...(partners?.partners ?? []).flatMap(
      ({ organisation, name, status, unreachable, unreachableSince }): Alarm[] => {
        const to = `/partner?${new URLSearchParams({ organisation }).toString()}`;
        if (status === 'UNCONFIRMED')
          return [{ key: organisation, to, text: `${name} has accepted your invitation and waits for you.` }];
        if (status !== 'ACTIVE' || !unreachableSince) return [];
        const text = (
          <>
            {name} does not answer since <When at={unreachableSince} />: {unreachable}
          </>
        );
        return [{ key: organisation, to, text }];
      },
    ),
    ...(webhooks?.webhooks ?? []).flatMap(({ id, book, subscriber, state, reason }): Alarm[] => {
      const to = `/partner?${new URLSearchParams({ organisation: subscriber }).toString()}`;
      const text = `Nothing of ${book} is posted to ${subscriber} any more. ${reason ?? ''}`;
      return state === 'DISABLED' ? [{ key: id, to, text }] : [];
    }),
    ...(books?.books ?? []).flatMap(({ id, title, owner, feed }): Alarm[] => {
      const to = `/partner?${new URLSearchParams({ organisation: owner }).toString()}`;
      if (feed && feed.quarantined > 0)
        return [
          {
            key: id,
            to,
            text: `${feed.quarantined} things that ${owner} sent of ${title} failed verification.`,
          },
        ];
      return feed?.state === 'FAILED'
        ? [{ key: id, to, text: `Nothing comes of ${title}: ${feed.lastError ?? 'the feed is broken'}.` }]
        : [];
    }),
  ];
  if (alarms.length === 0) return null;
  return (
    <Alert color="red" title="Needs somebody" role="region" aria-label="Alarms">
      <Stack gap={6}>
        {alarms.map(({ key, to, text }) => (
          <div key={key}>
            {text}{' '}
            <Anchor component={Link} to={to} inherit fw={600}>
              Look at it
            </Anchor>
          </div>
        ))}
      </Stack>
    </Alert>
  );
}
