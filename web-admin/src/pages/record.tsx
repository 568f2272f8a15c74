import { Anchor } from '@mantine/core';
import { Link, useSearchParams } from 'react-router';
import { useQuery } from 'urql';
import { Empty } from '../components/empty.tsx';
import { Page } from '../components/page.tsx';
import { Shown } from '../components/shown.tsx';
import { RecordWithHistoryDocument } from '../operations/generated/documents.ts';
import { OpenRecord } from './record/open-record.tsx';
import { KINDS, titleOf } from './record/words.ts';

export function Component() {
  const [params] = useSearchParams();
  const book = params.get('book') ?? '';
  const id = params.get('id') ?? '';
  const [found, again] = useQuery({ query: RecordWithHistoryDocument, variables: { book, id } });
  const record = found.data?.record;
  return (
    <Page title={record ? headingOf(KINDS[record.kind], titleOf(record)) : 'Record'}>
      <Shown of={found}>
        {(data) =>
          data.record ? (
            <OpenRecord
              key={`${book} ${id}`}
              book={book}
              record={data.record}
              data={data}
              onMoved={() => again({ requestPolicy: 'network-only' })}
            />
          ) : (
            <Empty what="There is no such record, or you may not see any of it.">
              <Anchor component={Link} to={`/records?${new URLSearchParams({ book }).toString()}`}>
                To the records of the book
              </Anchor>
            </Empty>
          )
        }
      </Shown>
    </Page>
  );
}

/** `lot A1` names its kind already. */
function headingOf(kind: string, title: string): string {
  return title.startsWith(kind) ? title : `${kind}: ${title}`;
}
