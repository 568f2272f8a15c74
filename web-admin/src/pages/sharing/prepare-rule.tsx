import { Card, Group, MultiSelect, Stack, TagsInput, TextInput, Title } from '@mantine/core';
import { useState } from 'react';
import { useQuery } from 'urql';
import { Confirm } from '../../components/confirm.tsx';
import { useDeed } from '../../components/deed.ts';
import {
  AddEmergencyRuleDocument,
  type RecordKind,
  SharingDocument,
} from '../../operations/generated/documents.ts';
import { KINDS } from '../record/words.ts';

/** What shall be open when a recall is declared; for whom and until when is said then. */
export function PrepareRule({ book }: { book: string }) {
  const [{ data }] = useQuery({ query: SharingDocument, variables: { book, whatIf: null } });
  const [add] = useDeed(AddEmergencyRuleDocument);
  const [kinds, setKinds] = useState<RecordKind[]>([]);
  const [fields, setFields] = useState<string[]>([]);
  const [title, setTitle] = useState('');
  return (
    <Card withBorder component="section" aria-labelledby="prepare-rule">
      <Stack gap="sm">
        <Title order={4} size="h5" id="prepare-rule">
          Prepare a rule
        </Title>
        <Group align="start">
          <MultiSelect
            label="Of records of these kinds (none: every kind)"
            data={Object.entries(KINDS)
              .filter(([kind]) => kind !== 'GRANT')
              .map(([value, label]) => ({ value, label }))}
            value={kinds}
            onChange={(next) => setKinds(next as RecordKind[])}
            w={320}
          />
          <TagsInput
            label="Fields (* for all)"
            data={['*', ...new Set(data?.sharing.fields.map(({ name }) => name) ?? [])]}
            value={fields}
            onChange={setFields}
            w={320}
          />
          <TextInput
            label="What the rule is called"
            value={title}
            onChange={(event) => setTitle(event.currentTarget.value)}
            w={280}
          />
        </Group>
        <Group>
          <Confirm
            label="Prepare"
            title="Prepare this rule?"
            deed="Prepare"
            isReady={fields.length > 0}
            onConfirm={() =>
              add({
                input: { book, selector: { kinds }, fields, title: title.trim() || null, backfill: true },
              })
            }
          >
            It opens nothing to anybody before a recall is declared by two people.
          </Confirm>
        </Group>
      </Stack>
    </Card>
  );
}
