import { Button, Group, Select, Stack, Text, TextInput, Title } from '@mantine/core';
import { useState } from 'react';
import { useClient, useQuery } from 'urql';
import { Failure } from '../../components/shown.tsx';
import {
  ConsigneesDocument,
  OrganisationsDocument,
  type RecipientInput,
} from '../../operations/generated/documents.ts';
import { amountText } from '../trace/words.ts';
import { type Draft, recipientOf } from './draft.ts';

interface Props {
  book: string;
  draft: Draft;
  change: (part: Partial<Draft>) => void;
}

/** To whom a notice goes: whoever a trace finds, and whom one adds. */
export function RecipientsInput({ book, draft: { lots, recipients }, change }: Props) {
  const client = useClient();
  const [told, setTold] = useState<string | null>(null);
  const [isLooking, setLooking] = useState(false);
  const [failure, setFailure] = useState<string | null>(null);
  const look = async (): Promise<void> => {
    setLooking(true);
    const asked = { book, lots: lots.map(({ lot }) => lot) };
    const { data, error } = await client
      .query(ConsigneesDocument, asked, { requestPolicy: 'network-only' })
      .toPromise();
    setLooking(false);
    setFailure(error ? (error.graphQLErrors[0]?.message ?? 'The node does not answer.') : null);
    if (!data) return;
    const { consignees, lots: affected, isCut } = data.consignees;
    const more = consignees
      .filter(({ name }) => !recipients.some((each) => each.name === name))
      .map(recipientOf);
    const made = affected.filter((lot) => !lots.some((each) => each.lot === lot));
    change({
      recipients: [...recipients, ...more],
      lots: [...lots, ...made.map((lot) => ({ lot, product: '', marking: '' }))],
    });
    setTold(
      `A trace found ${consignees.length} who got the lots, and ${made.length} more lots that were made of them.${isCut ? ' There is more than it tells at once: trace single lots.' : ''}`,
    );
  };
  const leaveOut = (name: string): void =>
    change({ recipients: recipients.filter((each) => each.name !== name) });
  return (
    <Stack component="fieldset" gap="xs" className="bare">
      <Title component="legend" order={4} size="h5">
        Recipients ({recipients.length})
      </Title>
      {recipients.map((each) => (
        <Recipient key={each.name} recipient={each} onLeaveOut={() => leaveOut(each.name)} />
      ))}
      <Group gap="xs">
        <Button
          variant="default"
          loading={isLooking}
          disabled={lots.length === 0}
          onClick={() => void look()}
        >
          Find who got the lots
        </Button>
      </Group>
      <Text size="sm" role="status">
        {told}
      </Text>
      {failure && <Failure message={failure} />}
      <AddOne
        onAdd={(next) =>
          change({ recipients: [...recipients.filter(({ name }) => name !== next.name), next] })
        }
      />
    </Stack>
  );
}

function Recipient({
  recipient: { name, organisation, email, consigned },
  onLeaveOut,
}: {
  recipient: RecipientInput;
  onLeaveOut: () => void;
}) {
  return (
    <Group justify="space-between" wrap="nowrap" align="start">
      <div>
        <Text fw={600}>{name}</Text>
        <Text size="sm" c="dimmed">
          {organisation
            ? 'gets it at its own node'
            : `has no node here: gets a link to answer by${email ? `, ${email}` : ''}`}
          {(consigned ?? []).map(({ lot, quantity, uom }) => (
            <span key={lot}>; {amountText(quantity, uom)}</span>
          ))}
        </Text>
      </div>
      <Button variant="default" size="compact-sm" aria-label={`Leave out ${name}`} onClick={onLeaveOut}>
        Leave out
      </Button>
    </Group>
  );
}

function AddOne({ onAdd }: { onAdd: (recipient: RecipientInput) => void }) {
  const [{ data }] = useQuery({ query: OrganisationsDocument });
  const [name, setName] = useState('');
  const [email, setEmail] = useState('');
  const partners = data?.partners ?? [];
  return (
    <Group align="end" gap="xs">
      <Select
        label="Add a partner"
        searchable
        placeholder="with a node"
        value={null}
        data={partners.map(({ organisation, name: label }) => ({ value: organisation, label }))}
        onChange={(organisation) => {
          const partner = partners.find((each) => each.organisation === organisation);
          if (partner) onAdd({ name: partner.name, organisation: partner.organisation });
        }}
      />
      <TextInput
        label="or a party without a node"
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <TextInput
        label="Its e-mail"
        type="email"
        value={email}
        onChange={(event) => setEmail(event.currentTarget.value)}
      />
      <Button
        variant="default"
        disabled={name.trim() === ''}
        onClick={() => {
          onAdd({ name: name.trim(), email: email.trim() || null });
          setName('');
          setEmail('');
        }}
      >
        Add
      </Button>
    </Group>
  );
}
