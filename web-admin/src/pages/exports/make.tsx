import { Button, Card, Group, SegmentedControl, Select, Stack, Text, Textarea, Title } from '@mantine/core';
import { useState } from 'react';
import { useQuery } from 'urql';
import { useDeed, type Wrong } from '../../components/deed.ts';
import { MomentInput } from '../../components/moment-input.tsx';
import { Failure } from '../../components/shown.tsx';
import {
  BooksDocument,
  type ExportFormat,
  PartnersDocument,
  StartExportDocument,
} from '../../operations/generated/documents.ts';

const OURSELVES = '*';

export function Make({ onStarted }: { onStarted: () => void }) {
  const [start, isRunning] = useDeed(StartExportDocument);
  const [{ data: books }] = useQuery({ query: BooksDocument });
  const [{ data: partners }] = useQuery({ query: PartnersDocument });
  const [chosen, setBook] = useState<string | null>(null);
  const [audience, setAudience] = useState(OURSELVES);
  const [records, setRecords] = useState('');
  const [from, setFrom] = useState<string | null>(null);
  const [until, setUntil] = useState<string | null>(null);
  const [format, setFormat] = useState<ExportFormat>('ZIP');
  const [wrong, setWrong] = useState<Wrong>();
  const book = chosen ?? books?.books[0]?.id ?? null;
  const ids = records.split(/\s+/).filter((id) => id !== '');
  const submit = async (): Promise<void> => {
    const seenBy = audience === OURSELVES ? null : audience;
    const scope = { records: ids.length > 0 ? ids : null, from, until };
    const outcome = await start({ input: { book: book ?? '', audience: seenBy, format, ...scope } });
    setWrong(outcome.wrong);
    if (outcome.payload) onStarted();
  };
  return (
    <Card withBorder component="section" aria-labelledby="make-export">
      <Stack
        gap="sm"
        component="form"
        onSubmit={(event: React.FormEvent) => {
          event.preventDefault();
          void submit();
        }}
      >
        <Title order={3} size="h4" id="make-export">
          Make an export
        </Title>
        <Group align="end">
          <Select
            label="Book"
            data={(books?.books ?? []).map(({ id, title }) => ({ value: id, label: `${title} (${id})` }))}
            value={book}
            allowDeselect={false}
            onChange={setBook}
            w={320}
            maw="100%"
          />
          <Select
            label="With whose eyes"
            data={[
              { value: OURSELVES, label: 'ours: everything' },
              ...(partners?.partners ?? [])
                .filter(({ status }) => status === 'ACTIVE')
                .map(({ organisation, name }) => ({
                  value: organisation,
                  label: `${name}: what it may see`,
                })),
            ]}
            value={audience}
            allowDeselect={false}
            onChange={(next) => next && setAudience(next)}
            w={320}
            maw="100%"
          />
          <MomentInput label="Approved from" value={from} onChange={setFrom} />
          <MomentInput label="Approved before" value={until} onChange={setUntil} />
        </Group>
        <Textarea
          label="Only these records (their ids, one a line; empty: all)"
          autosize
          minRows={1}
          maxRows={6}
          value={records}
          onChange={(event) => setRecords(event.currentTarget.value)}
        />
        <div>
          <Text size="sm" fw={500} id="format">
            As
          </Text>
          <SegmentedControl
            aria-labelledby="format"
            value={format}
            onChange={(next) => setFormat(next as ExportFormat)}
            data={[
              { value: 'ZIP', label: 'an archive with a page that verifies it' },
              { value: 'JSONL_GZ', label: 'compressed lines alone' },
            ]}
          />
        </div>
        {wrong && <Failure message={wrong.message} duty={wrong.duty} />}
        <Group>
          <Button type="submit" loading={isRunning} disabled={book === null}>
            Make the export
          </Button>
        </Group>
      </Stack>
    </Card>
  );
}
