import { Button, Group, Radio, Stack, Table, Text } from '@mantine/core';
import { useState } from 'react';
import type { SaveRecordMutation } from '../../operations/generated/documents.ts';
import { valueText } from './words.ts';

export type Difference = NonNullable<SaveRecordMutation['saveRecord']['difference']>;
type Choice = 'mine' | 'theirs';

const CHANGED_BY: Readonly<Record<Difference['fields'][number]['standing'], string>> = {
  MINE: 'you',
  THEIRS: 'others',
  SAME: 'both alike',
  CONFLICT: 'both: choose',
  UNSEEN: 'you; you may not see whether others did',
};

/** What differs, field by field; each that both changed is decided by the person. */
export function Differences({
  difference,
  isSaving,
  onMerge,
  onDecide,
}: {
  difference: Difference;
  isSaving: boolean;
  /** Where both changed different fields: put mine onto theirs. */
  onMerge: () => void;
  /** The values that shall stand, of the fields that are mine or were decided so. */
  onDecide: (fields: Record<string, unknown>) => void;
}) {
  const { base, current, fields, merges } = difference;
  const [choices, setChoices] = useState<Readonly<Record<string, Choice>>>({});
  const contested = fields.filter(({ standing }) => standing === 'CONFLICT' || standing === 'UNSEEN');
  const isDecided = contested.every(({ field }) => choices[field] !== undefined);
  const decided = () => {
    const mine = fields.filter(({ field, standing }) =>
      standing === 'MINE' || standing === 'SAME' ? true : choices[field] === 'mine',
    );
    onDecide(Object.fromEntries(mine.map(({ field, mine: value }) => [field, value])));
  };
  return (
    <Stack gap="xs">
      <Table.ScrollContainer minWidth={560} scrollAreaProps={{ viewportProps: { tabIndex: 0 } }}>
        <Table aria-label="What differs">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Field</Table.Th>
              <Table.Th>Version {base}</Table.Th>
              <Table.Th>Yours</Table.Th>
              <Table.Th>Version {current}</Table.Th>
              <Table.Th>Changed by</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {fields.map((each) => (
              <Row
                key={each.field}
                difference={each}
                choice={choices[each.field] ?? null}
                onChoose={(choice) => setChoices({ ...choices, [each.field]: choice })}
              />
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      {merges ? (
        <Group>
          <Text size="sm">Others changed nothing that you changed.</Text>
          <Button loading={isSaving} onClick={onMerge}>
            Put mine onto version {current}
          </Button>
        </Group>
      ) : (
        <Group>
          <Button loading={isSaving} disabled={!isDecided} onClick={decided}>
            Save so, on version {current}
          </Button>
        </Group>
      )}
    </Stack>
  );
}

function Row({
  difference: { field, base, mine, theirs, standing },
  choice,
  onChoose,
}: {
  difference: Difference['fields'][number];
  choice: Choice | null;
  onChoose: (choice: Choice) => void;
}) {
  return (
    <Table.Tr>
      <Table.Th scope="row" fw={400} className="id">
        {field}
      </Table.Th>
      <Table.Td>{valueText(base)}</Table.Td>
      <Table.Td>{valueText(mine)}</Table.Td>
      <Table.Td>{valueText(theirs)}</Table.Td>
      <Table.Td>
        {CHANGED_BY[standing]}
        {(standing === 'CONFLICT' || standing === 'UNSEEN') && (
          <Radio.Group
            aria-label={`Which ${field} shall stand`}
            value={choice ?? ''}
            onChange={(value) => onChoose(value as Choice)}
          >
            <Group gap="sm">
              <Radio value="mine" label="mine" />
              <Radio value="theirs" label="theirs" />
            </Group>
          </Radio.Group>
        )}
      </Table.Td>
    </Table.Tr>
  );
}
