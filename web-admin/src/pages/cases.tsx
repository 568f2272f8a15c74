import { Button, Card, Checkbox, Group, Select, Stack, TextInput, Title } from '@mantine/core';
import '@mantine/core/styles/Checkbox.css';
import { useState } from 'react';
import { useNavigate } from 'react-router';
import { useQuery } from 'urql';
import { useCaller } from '../components/caller.ts';
import { useDeed, type Wrong } from '../components/deed.ts';
import { Empty } from '../components/empty.tsx';
import { Page } from '../components/page.tsx';
import { Failure, Shown } from '../components/shown.tsx';
import { CasesDocument, type HazardClass, OpenCaseDocument } from '../operations/generated/documents.ts';
import { CaseList } from './cases/list.tsx';
import { CLASSES } from './cases/words.ts';

export function Component() {
  const [cases] = useQuery({ query: CasesDocument });
  const { has } = useCaller();
  return (
    <Page title="Cases">
      <Shown of={cases}>
        {({ cases: list }) =>
          list.length === 0 ? (
            <Empty what="There is no case.">
              A case is a book of its own: whatever is found, decided and sent is in its signed log.
            </Empty>
          ) : (
            <CaseList cases={list} />
          )
        }
      </Shown>
      {has('INVESTIGATOR') && <Open />}
    </Page>
  );
}

function Open() {
  const [open, isRunning] = useDeed(OpenCaseDocument);
  const navigate = useNavigate();
  const [title, setTitle] = useState('');
  const [drill, setDrill] = useState(false);
  const [hazard, setHazard] = useState('');
  const [hazardClass, setClass] = useState<HazardClass | null>(null);
  const [wrong, setWrong] = useState<Wrong>();
  const submit = async (): Promise<void> => {
    const input = { title, drill, class: hazardClass, hazard: hazard.trim() || null };
    const outcome = await open({ input });
    setWrong(outcome.wrong);
    const book = outcome.payload?.case?.book;
    if (book) await navigate(`/case?${new URLSearchParams({ book }).toString()}`);
  };
  return (
    <Card withBorder component="section" aria-labelledby="open-case">
      <Stack
        gap="sm"
        component="form"
        onSubmit={(event: React.FormEvent) => {
          event.preventDefault();
          void submit();
        }}
      >
        <Title order={3} size="h4" id="open-case">
          Open a case
        </Title>
        <Group align="end">
          <TextInput
            label="What it is about"
            required
            value={title}
            onChange={(event) => setTitle(event.currentTarget.value)}
            w={320}
            maw="100%"
          />
          <TextInput
            label="Hazard, as far as it is known"
            value={hazard}
            onChange={(event) => setHazard(event.currentTarget.value)}
            w={280}
            maw="100%"
          />
          <Select
            label="Class"
            placeholder="not known yet"
            clearable
            data={Object.entries(CLASSES).map(([value, label]) => ({ value, label }))}
            value={hazardClass}
            onChange={(next) => setClass(next as HazardClass | null)}
            w={280}
            maw="100%"
          />
          <Checkbox
            label="A drill: nothing happened"
            checked={drill}
            onChange={(event) => setDrill(event.currentTarget.checked)}
          />
        </Group>
        {wrong && <Failure message={wrong.message} duty={wrong.duty} />}
        <Group>
          <Button type="submit" loading={isRunning}>
            Open the case: its clock begins
          </Button>
        </Group>
      </Stack>
    </Card>
  );
}
