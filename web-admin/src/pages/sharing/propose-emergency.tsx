import { Card, Group, MultiSelect, Stack, TextInput, Title } from '@mantine/core';
import { useState } from 'react';
import { useQuery } from 'urql';
import { Confirm } from '../../components/confirm.tsx';
import { useDeed } from '../../components/deed.ts';
import { MomentInput } from '../../components/moment-input.tsx';
import { PartnersDocument, ProposeEmergencyDocument } from '../../operations/generated/documents.ts';

/** Names the case, the parties and the end; a second person declares it. */
export function ProposeEmergency({ book, onDone }: { book: string; onDone: () => void }) {
  const [{ data }] = useQuery({ query: PartnersDocument });
  const [propose] = useDeed(ProposeEmergencyDocument);
  const [id, setCase] = useState('');
  const [reason, setReason] = useState('');
  const [parties, setParties] = useState<string[]>([]);
  const [until, setUntil] = useState<string | null>(null);
  const isReady = id.trim() !== '' && reason.trim() !== '' && parties.length > 0 && until !== null;
  const save = async () => {
    const outcome = await propose({
      input: { book, case: id.trim(), reason: reason.trim(), parties, until: until ?? '' },
    });
    if (outcome.payload) onDone();
    return outcome;
  };
  return (
    <Card withBorder component="section" aria-labelledby="propose-emergency">
      <Stack gap="sm">
        <Title order={4} size="h5" id="propose-emergency">
          Propose to declare a recall
        </Title>
        <Group align="start">
          <TextInput
            label="Case"
            value={id}
            onChange={(event) => setCase(event.currentTarget.value)}
            w={320}
          />
          <TextInput
            label="Why"
            value={reason}
            onChange={(event) => setReason(event.currentTarget.value)}
            w={320}
          />
          <MultiSelect
            label="Open to"
            searchable
            data={(data?.partners ?? [])
              .filter(({ status }) => status === 'ACTIVE')
              .map(({ organisation, name }) => ({ value: organisation, label: name }))}
            value={parties}
            onChange={setParties}
            w={320}
          />
          <MomentInput label="Until (in 90 days at the latest)" value={until} onChange={setUntil} />
        </Group>
        <Group>
          <Confirm label="Propose" title="Propose it?" deed="Propose" isReady={isReady} onConfirm={save}>
            Nothing is open before another person declares it.
          </Confirm>
        </Group>
      </Stack>
    </Card>
  );
}
