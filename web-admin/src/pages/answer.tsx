import { Alert, Anchor, Stack, Text } from '@mantine/core';
import { useCallback } from 'react';
import { Link, useSearchParams } from 'react-router';
import { useQuery } from 'urql';
import { useCaller } from '../components/caller.ts';
import { Empty } from '../components/empty.tsx';
import { useNames } from '../components/names.ts';
import { useNews } from '../components/news.ts';
import { Page } from '../components/page.tsx';
import { Shown } from '../components/shown.tsx';
import { When } from '../components/when.tsx';
import { ReceivedNoticesDocument } from '../operations/generated/documents.ts';
import { AnswerForm, type Received } from './answer/form.tsx';
import { Forward } from './answer/forward.tsx';
import { REPLIES } from './cases/words.ts';
import { NoticeView } from './notice/view.tsx';

/** A notice that a partner sent: what it says, and the answer. Made for a phone in a warehouse. */
export function Component() {
  const [params] = useSearchParams();
  const [book, id] = [params.get('book') ?? '', params.get('id') ?? ''];
  const [found, askAgain] = useQuery({ query: ReceivedNoticesDocument });
  const again = useCallback(() => askAgain({ requestPolicy: 'network-only' }), [askAgain]);
  useNews(book, again);
  const nameOf = useNames();
  const { has } = useCaller();
  const received = found.data?.receivedNotices.find(({ notice }) => notice.book === book && notice.id === id);
  return (
    <Page title={received ? `Notice from ${nameOf(received.from)}` : 'Notice'}>
      <Shown of={found}>
        {() =>
          received ? (
            <Stack>
              <Standing received={received} />
              <NoticeView notice={received.notice} from={nameOf(received.from)} />
              {received.notice.state === 'ISSUED' && has('INVESTIGATOR') && (
                <>
                  <AnswerForm received={received} onDone={again} />
                  <Forward book={book} id={id} />
                </>
              )}
            </Stack>
          ) : (
            <Empty what="No partner has sent this notice here.">
              <Anchor component={Link} to="/notices">
                To all notices
              </Anchor>
            </Empty>
          )
        }
      </Shown>
    </Page>
  );
}

function Standing({ received: { notice, reply } }: { received: Received }) {
  const { state, overdue, reminders, remindedAt, escalatedTo, respondBy } = reply;
  return (
    <Stack gap={4}>
      <Text fw={700}>
        You: {REPLIES[state]}
        {overdue ? ', and it is overdue' : ''}
        {respondBy && state !== 'CONFIRMED' && notice.state === 'ISSUED' && (
          <>
            ; answer until <When at={respondBy} />
          </>
        )}
      </Text>
      {remindedAt && (
        <Text>
          You were reminded {reminders === 1 ? 'once' : `${reminders} times`}, last <When at={remindedAt} />.
        </Text>
      )}
      {escalatedTo && <Alert color="red" title={`It was escalated to ${escalatedTo}`} />}
      {notice.state === 'CLOSED' && <Text>The notice is closed: nothing more is asked of you.</Text>}
    </Stack>
  );
}
