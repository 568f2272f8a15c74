import { Button, Card, Group, SegmentedControl, Select, Stack, Text, Textarea, Title } from '@mantine/core';
import { useState } from 'react';
import { useSearchParams } from 'react-router';
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
  const [{ data }] = useQuery({ query: BooksDocument });
  const [params] = useSearchParams();
  const [scope, setScope] = useState<Scope>(EVERYTHING);
  const [format, setFormat] = useState<ExportFormat>('ZIP');
  const [wrong, setWrong] = useState<Wrong>();
  const book = scope.book ?? params.get('book') ?? data?.books[0]?.id ?? null;
  const submit = async (): Promise<void> => {
    const { records, audience, from, until } = scope;
    const ids = records.split(/\s+/).filter((id) => id !== '');
    const outcome = await start({
      input: {
        book: book ?? '',
        audience: audience === OURSELVES ? null : audience,
        records: ids.length > 0 ? ids : null,
        from,
        until,
        format,
      },
    });
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
        <ScopeInput scope={{ ...scope, book }} onChange={setScope} />
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

interface Scope {
  book: string | null;
  audience: string;
  records: string;
  from: string | null;
  until: string | null;
}

const EVERYTHING: Scope = { book: null, audience: OURSELVES, records: '', from: null, until: null };

/** Which book, with whose eyes, and which part of it. */
function ScopeInput({ scope, onChange }: { scope: Scope; onChange: (scope: Scope) => void }) {
  const [{ data: books }] = useQuery({ query: BooksDocument });
  const [{ data: partners }] = useQuery({ query: PartnersDocument });
  const change = (part: Partial<Scope>): void => onChange({ ...scope, ...part });
  return (
    <>
      <Group align="end">
        <Select
          label="Book"
          data={(books?.books ?? []).map(({ id, title }) => ({ value: id, label: `${title} (${id})` }))}
          value={scope.book}
          allowDeselect={false}
          onChange={(book) => change({ book })}
          w={320}
          maw="100%"
        />
        <Select
          label="With whose eyes"
          data={[
            { value: OURSELVES, label: 'ours: everything' },
            ...(partners?.partners ?? [])
              .filter(({ status }) => status === 'ACTIVE')
              .map(({ organisation, name }) => ({ value: organisation, label: `${name}: what it may see` })),
          ]}
          value={scope.audience}
          allowDeselect={false}
          onChange={(audience) => audience && change({ audience })}
          w={320}
          maw="100%"
        />
        <MomentInput label="Approved from" value={scope.from} onChange={(from) => change({ from })} />
        <MomentInput label="Approved before" value={scope.until} onChange={(until) => change({ until })} />
      </Group>
      <Textarea
        label="Only these records (their ids, one a line; empty: all)"
        autosize
        minRows={1}
        maxRows={6}
        value={scope.records}
        onChange={(event) => change({ records: event.currentTarget.value })}
      />
    </>
  );
}
