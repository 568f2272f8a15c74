import { Anchor, Card, Stack, Text } from '@mantine/core';
import { Link } from 'react-router';
import { useQuery } from 'urql';
import { Empty } from '../components/empty.tsx';
import { useNames } from '../components/names.ts';
import { Page } from '../components/page.tsx';
import { Shown } from '../components/shown.tsx';
import { When } from '../components/when.tsx';
import { ReceivedNoticesDocument, type ReceivedNoticesQuery } from '../operations/generated/documents.ts';
import { ACTIONS, REPLIES } from './cases/words.ts';

type Received = ReceivedNoticesQuery['receivedNotices'][number];

/** What partners ask of this organisation: what is due first, in words that are read on a phone. */
export function Component() {
  const [found] = useQuery({ query: ReceivedNoticesDocument });
  return (
    <Page title="Notices">
      <Shown of={found}>
        {({ receivedNotices: list }) =>
          list.length === 0 ? (
            <Empty what="No partner has sent a notice.">
              Recalls that concern what you received would be here, each with what it asks of you.
            </Empty>
          ) : (
            <Stack component="ul" gap="sm" p={0} m={0} className="plain-list">
              {list.toSorted(byUrgency).map((each) => (
                <Item key={each.notice.id} received={each} />
              ))}
            </Stack>
          )
        }
      </Shown>
    </Page>
  );
}

function Item({ received: { notice, from, reply } }: { received: Received }) {
  const nameOf = useNames();
  const { book, id, title, action, drill, state, lots } = notice;
  const due = reply.state === 'AWAITED' ? reply.acknowledgeBy : reply.respondBy;
  const isOpen = state === 'ISSUED' && reply.state !== 'CONFIRMED';
  return (
    <Card withBorder component="li" className={isOpen ? 'attention' : undefined}>
      <Anchor component={Link} fw={600} to={`/answer?${new URLSearchParams({ book, id }).toString()}`}>
        {drill ? 'Drill: ' : ''}
        {title}
      </Anchor>
      <Text size="sm">
        {ACTIONS[action]} from {nameOf(from)}, {lots.length === 1 ? '1 lot' : `${lots.length} lots`}
      </Text>
      <Text size="sm" fw={reply.overdue ? 700 : undefined}>
        You: {REPLIES[reply.state]}
        {isOpen && due && (
          <>
            ; {reply.overdue ? 'overdue since' : 'due'} <When at={due} />
          </>
        )}
        {state === 'CLOSED' ? '; the notice is closed' : ''}
      </Text>
    </Card>
  );
}

/** Open ones first, then what is due first. */
function byUrgency(a: Received, b: Received): number {
  const rank = ({ notice, reply }: Received): string =>
    `${notice.state === 'ISSUED' && reply.state !== 'CONFIRMED' ? 0 : 1} ${reply.respondBy ?? '9'}`;
  return rank(a) < rank(b) ? -1 : 1;
}
