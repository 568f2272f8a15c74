import { Alert, Anchor, Card, List, Progress, Select, Stack, Text } from '@mantine/core';
import '@mantine/core/styles/List.css';
import '@mantine/core/styles/Progress.css';
import { useState } from 'react';
import { Link, useSearchParams } from 'react-router';
import { useClient, useQuery } from 'urql';
import { useCaller } from '../components/caller.ts';
import { DropFile } from '../components/drop-file.tsx';
import { Empty } from '../components/empty.tsx';
import { Page } from '../components/page.tsx';
import { Failure, Shown } from '../components/shown.tsx';
import { BooksDocument } from '../operations/generated/documents.ts';
import { type Imported, readFile, sendFile } from './import/importing.ts';

export function Component() {
  const { node } = useCaller();
  const [params, setParams] = useSearchParams();
  const [books] = useQuery({ query: BooksDocument });
  const own = (books.data?.books ?? []).filter(({ owner }) => owner === node?.organisation);
  const book = own.find(({ id }) => id === params.get('book')) ?? own[0];
  return (
    <Page title="Import">
      <Text>
        EPCIS 2.0 documents: events, and the master data of places, products and parties. Each file is checked
        whole before anything of it is sent; the same file again doubles nothing.
      </Text>
      <Shown of={books}>
        {() =>
          book ? (
            <>
              <Select
                label="Into the book"
                w={320}
                maw="100%"
                value={book.id}
                data={own.map(({ id, title }) => ({ value: id, label: `${title} (${id})` }))}
                allowDeselect={false}
                onChange={(next) => next && setParams({ book: next })}
              />
              <Drop key={book.id} book={{ id: book.id, length: book.length ?? 0 }} />
            </>
          ) : (
            <Empty what="There is no book of your own to import into.">
              Make one: <code>lotbook init --book NAME</code>
            </Empty>
          )
        }
      </Shown>
    </Page>
  );
}

function Drop({ book }: { book: { id: string; length: number } }) {
  const client = useClient();
  const [files, setFiles] = useState<readonly Imported[]>([]);
  const tell = (imported: Imported): void =>
    setFiles((known) => [...known.filter(({ name }) => name !== imported.name), imported]);
  const take = async (chosen: readonly File[]): Promise<void> => {
    for (const each of chosen) {
      tell({ state: 'READING', name: each.name });
      try {
        const read = await readFile(each.name, await each.text());
        if (read.ok) await sendFile(client, book, read.file, tell);
        else tell({ state: 'UNREADABLE', name: each.name, why: read.line });
      } catch (error) {
        tell({
          state: 'UNREADABLE',
          name: each.name,
          why: error instanceof Error ? error.message : String(error),
        });
      }
    }
  };
  return (
    <Stack>
      <DropFile
        label="Drop EPCIS files here (.json, .jsonld)"
        accept=".json,.jsonld"
        isMany
        onFiles={(chosen) => void take(chosen)}
      />
      {files.map((file) => (
        <Report key={file.name} of={file} book={book.id} />
      ))}
    </Stack>
  );
}

function Report({ of: file, book }: { of: Imported; book: string }) {
  if (file.state === 'READING') return <Text role="status">{file.name} is read ...</Text>;
  if (file.state === 'UNREADABLE')
    return (
      <Failure
        message={`Nothing of ${file.name} was taken`}
        duty={`${file.why}. Put it right, and drop it again.`}
      />
    );
  const { name, done, all, result, why } = file;
  const { events, records, refusals } = result;
  return (
    <Card withBorder component="section" aria-label={name}>
      <Stack gap="xs">
        <Text fw={600}>{name}</Text>
        {file.state === 'SENDING' && (
          <Progress value={(100 * done) / Math.max(1, all)} aria-label={`Import of ${name}`} />
        )}
        <Text role="status">
          {countText(events, 'event')}; {countText(records, 'master data record')}
        </Text>
        {why && <Failure message={why} duty="Drop the same file again: it goes on where it was." />}
        {refusals.length > 0 && (
          <Alert color="red" title="Refused">
            <List>
              {refusals.map(({ event, record, field, message, refused }) => (
                <List.Item key={`${event}${record}${field}${message}`}>
                  {event === null ? (record ?? 'the part') : `event ${event + 1}`}
                  {field ? `, field ${field}` : ''}: {message}
                  {refused > 1 ? ` With it ${refused - 1} more were not taken.` : ''}
                </List.Item>
              ))}
            </List>
          </Alert>
        )}
        {file.state === 'DONE' && (
          <Anchor component={Link} to={`/records?${new URLSearchParams({ book }).toString()}`}>
            To the records of the book
          </Anchor>
        )}
      </Stack>
    </Card>
  );
}

function countText(count: { new: number; known: number; refused: number }, what: string): string {
  const all = count.new + count.known + count.refused;
  const parts = [`${count.new} new`, ...(count.known > 0 ? [`${count.known} known already`] : [])];
  if (count.refused > 0) parts.push(`${count.refused} refused`);
  return `${all} ${what}${all === 1 ? '' : 's'}: ${parts.join(', ')}`;
}
