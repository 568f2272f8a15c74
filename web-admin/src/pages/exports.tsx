import { Anchor, Progress, Text } from '@mantine/core';
import '@mantine/core/styles/Progress.css';
import { useEffect } from 'react';
import { useQuery } from 'urql';
import { Empty } from '../components/empty.tsx';
import { type Column, Listing } from '../components/listing.tsx';
import { Page } from '../components/page.tsx';
import { Shown } from '../components/shown.tsx';
import { When } from '../components/when.tsx';
import { type ExportPartsFragment, ExportsDocument } from '../operations/generated/documents.ts';
import { Make } from './exports/make.tsx';
import { Verify } from './exports/verify.tsx';
import { sizeText } from './exports/words.ts';

const LOOK_AGAIN_MS = 500;

export function Component() {
  const [exports, again] = useQuery({ query: ExportsDocument });
  const refresh = (): void => again({ requestPolicy: 'network-only' });
  const isRunning = exports.data?.auditExports.some(({ state }) => state === 'RUNNING') ?? false;
  useEffect(() => {
    if (!isRunning) return;
    const timer = setInterval(() => again({ requestPolicy: 'network-only' }), LOOK_AGAIN_MS);
    return () => clearInterval(timer);
  }, [isRunning, again]);
  return (
    <Page title="Exports">
      <Text>
        The log of a book as far as its audience may see it, with the hashes of what it may not. Anybody can
        verify it, years later, offline.
      </Text>
      <Shown of={exports}>
        {({ auditExports: list }) =>
          list.length === 0 ? (
            <Empty what="No export was made in the last day.">
              Make one, or verify one that you were given.
            </Empty>
          ) : (
            <Listing label="Exports of the last day" columns={COLUMNS} rows={list} keyOf={({ id }) => id} />
          )
        }
      </Shown>
      <Make onStarted={refresh} />
      <Verify />
    </Page>
  );
}

const COLUMNS: readonly Column<ExportPartsFragment>[] = [
  { head: 'Book', cell: ({ book }) => <span className="id">{book}</span> },
  { head: 'With whose eyes', cell: ({ audience }) => audience ?? 'ours: everything' },
  { head: 'Asked for', cell: ({ createdAt }) => <When at={createdAt} /> },
  { head: 'Entries', cell: ({ entries }) => entries.toLocaleString(), isNumber: true },
  { head: 'File', cell: (each) => <File of={each} /> },
];

function File({
  of: { state, done, entries, path, bytes, message, format, book },
}: {
  of: ExportPartsFragment;
}) {
  if (state === 'FAILED') return <b>failed: {message}</b>;
  if (state === 'RUNNING' || !path)
    return (
      <Progress value={entries === 0 ? 0 : (100 * done) / entries} aria-label={`Export of ${book}`} w={160} />
    );
  return (
    <Anchor href={path} download>
      Download {format === 'ZIP' ? '.zip' : '.jsonl.gz'}, {sizeText(bytes ?? 0)}
    </Anchor>
  );
}
