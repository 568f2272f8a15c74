import { Checkbox, Group, Select, Stack, Text, Textarea } from '@mantine/core';
import '@mantine/core/styles/Checkbox.css';
import { useState } from 'react';
import { useQuery } from 'urql';
import { useCaller } from '../../components/caller.ts';
import { Confirm } from '../../components/confirm.tsx';
import { useDeed } from '../../components/deed.ts';
import {
  CloseCaseDocument,
  OrganisationsDocument,
  ShareCaseDocument,
} from '../../operations/generated/documents.ts';
import type { CaseFile } from './standing.tsx';

/** What is done with a case as a whole. */
export function CaseDeeds({ file: { book, owner, state }, onDone }: { file: CaseFile; onDone: () => void }) {
  const { node, has } = useCaller();
  const [close] = useDeed(CloseCaseDocument);
  const [summary, setSummary] = useState('');
  if (!has('INVESTIGATOR') || owner !== node?.organisation || state !== 'OPEN') return null;
  return (
    <Group gap="xs">
      <Share book={book} onDone={onDone} />
      <Confirm
        label="Close the case"
        title="Close the case?"
        deed="Close"
        isReady={summary.trim() !== ''}
        onConfirm={() => close({ book, summary }).finally(onDone)}
      >
        <Stack gap="xs">
          <Text>Its notices have to be closed out before. It stays readable, and is not opened again.</Text>
          <Textarea
            label="What was found, and what was done"
            required
            autosize
            minRows={3}
            value={summary}
            onChange={(event) => setSummary(event.currentTarget.value)}
          />
        </Stack>
      </Confirm>
    </Group>
  );
}

function Share({ book, onDone }: { book: string; onDone: () => void }) {
  const [share] = useDeed(ShareCaseDocument);
  const [{ data }] = useQuery({ query: OrganisationsDocument });
  const [organisation, setOrganisation] = useState<string | null>(null);
  const [work, setWork] = useState(false);
  return (
    <Confirm
      label="Share the file"
      title="Share the file of the case?"
      deed="Share"
      isReady={organisation !== null}
      onConfirm={() => share({ book, organisation: organisation ?? '', work }).finally(onDone)}
    >
      <Stack gap="sm">
        <Text>
          The partner sees lines, suspects, tasks, decisions and checks, and no notices. It is told whatever
          is added from now on, too.
        </Text>
        <Select
          label="With"
          searchable
          value={organisation}
          data={(data?.partners ?? []).map(({ organisation: value, name: label }) => ({ value, label }))}
          onChange={setOrganisation}
        />
        <Checkbox
          label="Its investigators may write entries too"
          checked={work}
          onChange={(event) => setWork(event.currentTarget.checked)}
        />
      </Stack>
    </Confirm>
  );
}
