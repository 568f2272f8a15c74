import { Group, Stack, Text, TextInput, Title } from '@mantine/core';
import { useState } from 'react';
import { useQuery } from 'urql';
import { useCaller } from '../../components/caller.ts';
import { Confirm } from '../../components/confirm.tsx';
import { useDeed } from '../../components/deed.ts';
import { Empty } from '../../components/empty.tsx';
import { type Column, Listing } from '../../components/listing.tsx';
import { useNames } from '../../components/names.ts';
import { Shown } from '../../components/shown.tsx';
import { When } from '../../components/when.tsx';
import {
  DeclareEmergencyDocument,
  EmergenciesDocument,
  type EmergencyPartsFragment,
  type EmergencyState,
  EndEmergencyDocument,
  GrantsDocument,
} from '../../operations/generated/documents.ts';
import { PrepareRule } from './prepare-rule.tsx';
import { ProposeEmergency } from './propose-emergency.tsx';
import { Rules } from './rules.tsx';
import { isPrepared } from './words.ts';

const STATES: Readonly<Record<EmergencyState, string>> = {
  PROPOSED: 'waits for a second person',
  DECLARED: 'open',
  OVER: 'over, by its time',
  ENDED: 'ended',
};

/** What a declared recall opens, to whom and until when; and what is prepared for one. */
export function Emergencies({ book }: { book: string }) {
  const { has } = useCaller();
  const nameOf = useNames();
  const [emergencies, again] = useQuery({ query: EmergenciesDocument, variables: { book } });
  const [grants] = useQuery({ query: GrantsDocument, variables: { book } });
  const prepared = (grants.data?.grants ?? []).filter((grant) => isPrepared(grant) && grant.until === null);
  const refresh = (): void => again({ requestPolicy: 'network-only' });
  const columns: readonly Column<EmergencyPartsFragment>[] = [
    {
      head: 'Recall',
      cell: ({ case: id, reason, remark }) => (
        <>
          <Text fw={600}>{reason}</Text>
          <Text inherit>{id}</Text>
          {remark && <Text inherit>Ended: {remark}</Text>}
        </>
      ),
    },
    { head: 'State', cell: ({ state }) => STATES[state] },
    { head: 'Open to', cell: ({ parties }) => parties.map(nameOf).join(', ') },
    { head: 'Until', cell: ({ until }) => <When at={until} /> },
    {
      head: 'By',
      cell: ({ proposedBy, approvedBy }) => [proposedBy, approvedBy].filter(Boolean).join(', then '),
    },
    { head: 'Change', cell: (emergency) => <Deeds emergency={emergency} /> },
  ];
  return (
    <Stack>
      <Title order={3} size="h4">
        Declared recalls
      </Title>
      <Shown of={emergencies}>
        {({ emergencies: list }) =>
          list.length === 0 ? (
            <Empty what="No recall is declared.">
              One person proposes it, another one declares it. Then what is prepared is open to the parties
              that it names, for inquiries of its case alone, until it ends.
            </Empty>
          ) : (
            <Listing
              label="Declared recalls"
              columns={columns}
              rows={list}
              keyOf={({ id }) => id}
              minWidth={760}
            />
          )
        }
      </Shown>
      {has('INVESTIGATOR') && prepared.length > 0 && <ProposeEmergency book={book} onDone={refresh} />}
      <Title order={3} size="h4">
        Prepared rules
      </Title>
      <Rules
        book={book}
        isShown={isPrepared}
        none={<Empty what="Nothing is prepared.">A declared recall would open nothing more.</Empty>}
      />
      {has('ADMINISTRATOR') && <PrepareRule book={book} />}
    </Stack>
  );
}

function Deeds({ emergency: { id, book, state } }: { emergency: EmergencyPartsFragment }) {
  const { has } = useCaller();
  const [declare] = useDeed(DeclareEmergencyDocument);
  const [end] = useDeed(EndEmergencyDocument);
  const [reason, setReason] = useState('');
  if (state === 'OVER' || state === 'ENDED') return 'nothing is open';
  return (
    <Group gap="xs">
      {state === 'PROPOSED' && has('APPROVER') && (
        <Confirm
          label="Declare"
          title="Declare this recall?"
          deed="Open it"
          isGrave
          onConfirm={() => declare({ book, id })}
        >
          <Text>
            What is prepared is open to the parties at once. What they have received stays with them. Whoever
            proposed it cannot declare it.
          </Text>
        </Confirm>
      )}
      {has('INVESTIGATOR') && (
        <Confirm
          label={state === 'PROPOSED' ? 'Decline' : 'End'}
          title="Close what it opens?"
          deed="Close"
          isReady={reason.trim() !== ''}
          onConfirm={() => end({ book, id, reason: reason.trim() })}
        >
          <TextInput
            label="Why"
            required
            value={reason}
            onChange={(event) => setReason(event.currentTarget.value)}
          />
        </Confirm>
      )}
    </Group>
  );
}
