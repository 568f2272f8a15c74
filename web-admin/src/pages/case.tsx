import { Anchor, Group, Stack, Tabs } from '@mantine/core';
import '@mantine/core/styles/Tabs.css';
import { useCallback } from 'react';
import { Link, useSearchParams } from 'react-router';
import { useQuery } from 'urql';
import { Empty } from '../components/empty.tsx';
import { Extract } from '../components/extract.tsx';
import { shortOf, useMasterData } from '../components/names.ts';
import { useNews } from '../components/news.ts';
import { Page } from '../components/page.tsx';
import { Shown } from '../components/shown.tsx';
import { CaseFileDocument } from '../operations/generated/documents.ts';
import { Activity } from './case/activity.tsx';
import { CaseDeeds } from './case/deeds.tsx';
import { Entries } from './case/entries.tsx';
import { Notices } from './case/notices.tsx';
import { type CaseFile, Standing, Ways } from './case/standing.tsx';
import { thingsOf, useEntries } from './case/work.ts';

/** The file of a case, as it is now: what one of its people writes, the others see at once. */
export function Component() {
  const [params] = useSearchParams();
  const book = params.get('book') ?? '';
  const [found, askAgain] = useQuery({ query: CaseFileDocument, variables: { book } });
  const again = useCallback(() => askAgain({ requestPolicy: 'network-only' }), [askAgain]);
  const file = found.data?.case;
  return (
    <Page title={file?.title ?? 'Case'}>
      <Shown of={found}>
        {() =>
          file ? (
            <File file={file} again={again} />
          ) : (
            <Empty what="There is no such case, or none that you may see.">
              <Anchor component={Link} to="/cases">
                To all cases
              </Anchor>
            </Empty>
          )
        }
      </Shown>
    </Page>
  );
}

function File({ file, again }: { file: CaseFile; again: () => void }) {
  const { book, state, notices } = file;
  const [params, setParams] = useSearchParams();
  const [entries, readEntries] = useEntries(book);
  const names = useMasterData(entries.flatMap(thingsOf));
  const news = useCallback(() => {
    again();
    readEntries();
  }, [again, readEntries]);
  useNews(book, news);
  return (
    <Stack>
      <Standing file={file} />
      <Group gap="xs">
        <Ways entries={entries} nameOf={(id) => names.get(id)?.name ?? shortOf(id)} />
        <CaseDeeds file={file} onDone={again} />
      </Group>
      <Extract of={{ case: book }} />
      <Tabs
        value={params.get('view') ?? 'file'}
        onChange={(view) => view && setParams({ book, view }, { replace: true })}
        keepMounted={false}
      >
        <Tabs.List mb="md">
          <Tabs.Tab value="file">File</Tabs.Tab>
          <Tabs.Tab value="notices">Notices ({notices.length})</Tabs.Tab>
          <Tabs.Tab value="activity">Activity</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="file">
          <Entries book={book} work={{ entries, isOpen: state === 'OPEN', again: readEntries }} />
        </Tabs.Panel>
        <Tabs.Panel value="notices">
          <Notices file={file} />
        </Tabs.Panel>
        <Tabs.Panel value="activity">
          <Activity book={book} />
        </Tabs.Panel>
      </Tabs>
    </Stack>
  );
}
