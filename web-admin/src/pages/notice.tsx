import { Anchor, Button, Group, Stack } from '@mantine/core';
import { useCallback, useState } from 'react';
import { Link, useNavigate, useSearchParams } from 'react-router';
import { useQuery } from 'urql';
import { useCaller } from '../components/caller.ts';
import { useNames } from '../components/names.ts';
import { useNews } from '../components/news.ts';
import { Page } from '../components/page.tsx';
import { Loading, Shown } from '../components/shown.tsx';
import { CaseFileDocument, NoticeDocument } from '../operations/generated/documents.ts';
import { startsOf, useEntries } from './case/work.ts';
import { caseLink, noticeLink } from './cases/words.ts';
import { Board } from './notice/board.tsx';
import { Checks } from './notice/checks.tsx';
import { draftOf, newDraft, type NoticeFile, updateOf } from './notice/draft.ts';
import { Editor } from './notice/editor.tsx';
import { Steps } from './notice/steps.tsx';
import { NoticeView } from './notice/view.tsx';

/** One notice, from the draft to the close-out; with `of` in the address a new one that goes on from another. */
export function Component() {
  const [params] = useSearchParams();
  const book = params.get('book') ?? '';
  const [id, of] = [params.get('id'), params.get('of')];
  if (id !== null) return <Known key={id} book={book} id={id} />;
  return of === null ? <New key={book} book={book} /> : <Update key={of} book={book} of={of} />;
}

function New({ book }: { book: string }) {
  const [{ data }] = useQuery({ query: CaseFileDocument, variables: { book } });
  const [entries, , areRead] = useEntries(book);
  const [now] = useState(Date.now);
  const open = useOpen(book);
  const file = data?.case;
  return (
    <Page title="New notice" aside={<ToCase book={book} />}>
      {file && areRead ? (
        <Editor
          book={book}
          notice={null}
          first={newDraft({ title: file.title, hazard: file.hazard ?? '', lots: startsOf(entries) }, now)}
          onSaved={open}
        />
      ) : (
        <Loading />
      )}
    </Page>
  );
}

function Update({ book, of }: { book: string; of: string }) {
  const [found] = useQuery({ query: NoticeDocument, variables: { book, id: of } });
  const [now] = useState(Date.now);
  const open = useOpen(book);
  return (
    <Page title="Update of a notice" aside={<ToCase book={book} />}>
      <Shown of={found}>
        {({ notice }) =>
          notice && <Editor book={book} notice={null} first={updateOf(notice, now)} onSaved={open} />
        }
      </Shown>
    </Page>
  );
}

function Known({ book, id }: { book: string; id: string }) {
  const [found, askAgain] = useQuery({ query: NoticeDocument, variables: { book, id } });
  const again = useCallback(() => askAgain({ requestPolicy: 'network-only' }), [askAgain]);
  useNews(book, again);
  return (
    <Page title={found.data?.notice?.title ?? 'Notice'} aside={<ToCase book={book} />}>
      <Shown of={found}>{({ notice }) => notice && <File notice={notice} again={again} />}</Shown>
    </Page>
  );
}

function File({ notice, again }: { notice: NoticeFile; again: () => void }) {
  const { book, id, state, replies, version } = notice;
  const { node, has } = useCaller();
  const nameOf = useNames();
  const [wanted, setWanted] = useState<boolean | null>(null);
  const isEditing = wanted ?? state === 'DRAFT';
  const mayEdit = ['DRAFT', 'PROPOSED', 'APPROVED'].includes(state) && has('INVESTIGATOR');
  return (
    <Stack gap="lg">
      <Steps notice={notice} onDone={again} />
      <Group gap="xs">
        {mayEdit && (
          <Button variant="default" onClick={() => setWanted(!isEditing)}>
            {isEditing ? 'Look at it' : 'Edit it'}
          </Button>
        )}
        {state === 'ISSUED' && has('INVESTIGATOR') && (
          <Button variant="default" component={Link} to={`${noticeLink(book)}&of=${encodeURIComponent(id)}`}>
            Draft an update
          </Button>
        )}
        <Button
          variant="default"
          component={Link}
          to={`/record?${new URLSearchParams({ book, id }).toString()}`}
        >
          {version === 1 ? 'Its record' : `Its ${version} versions`}
        </Button>
      </Group>
      {replies.length > 0 && <Board notice={notice} onDone={again} />}
      {replies.length > 0 && <Checks notice={notice} />}
      {mayEdit && isEditing ? (
        <Editor key={version} book={book} notice={notice} first={draftOf(notice)} onSaved={again} />
      ) : (
        <NoticeView notice={notice} from={nameOf(node?.organisation ?? '')} />
      )}
    </Stack>
  );
}

function useOpen(book: string): (id: string) => void {
  const navigate = useNavigate();
  return (id) => void navigate(noticeLink(book, id), { replace: true });
}

function ToCase({ book }: { book: string }) {
  return (
    <Anchor component={Link} to={caseLink(book, 'notices')}>
      To the case
    </Anchor>
  );
}
