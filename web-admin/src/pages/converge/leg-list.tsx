import { Button, Card, Group, Pill, Stack, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import { IdentifierForm } from '../../components/identifier-form.tsx';
import { type Named, shortOf } from '../../components/names.ts';
import type { Leg } from './legs.ts';

interface Props {
  legs: readonly Leg[];
  onChange: (legs: readonly Leg[]) => void;
  names: ReadonlyMap<string, Named>;
}

/** The points where cases were, each with the lots that were sold or eaten there. */
export function LegList({ legs, onChange, names }: Props) {
  const replace = (at: number, leg: Leg): void => onChange(legs.with(at, leg));
  return (
    <Stack gap="sm">
      {legs.map((leg, at) => (
        <Card withBorder key={at} component="section" aria-label={leg.name} p="sm">
          <Group justify="space-between">
            <Text>
              <b>{leg.name}</b>, {leg.cases} {leg.cases === 1 ? 'case' : 'cases'}
            </Text>
            <Button
              size="compact-sm"
              variant="default"
              aria-label={`Remove ${leg.name}`}
              onClick={() => onChange(legs.toSpliced(at, 1))}
            >
              Remove
            </Button>
          </Group>
          <Pill.Group my="xs">
            {leg.starts.map((id) => (
              <Pill
                key={id}
                withRemoveButton
                removeButtonProps={{ 'aria-label': `Leave out ${id}`, tabIndex: 0, 'aria-hidden': false }}
                onRemove={() => replace(at, { ...leg, starts: leg.starts.filter((each) => each !== id) })}
              >
                {names.get(id)?.name ?? shortOf(id)}
              </Pill>
            ))}
          </Pill.Group>
          <IdentifierForm
            label={`A lot or place of ${leg.name}`}
            action="Add"
            onRead={({ identifier }) =>
              replace(at, { ...leg, starts: [...new Set([...leg.starts, identifier])] })
            }
          />
        </Card>
      ))}
      <NewLeg onAdd={(leg) => onChange([...legs, leg])} />
    </Stack>
  );
}

function NewLeg({ onAdd }: { onAdd: (leg: Leg) => void }) {
  const [name, setName] = useState('');
  const [cases, setCases] = useState('1');
  const count = Number(cases);
  const isGood = name.trim() !== '' && Number.isInteger(count) && count > 0;
  return (
    <Group
      align="end"
      component="form"
      onSubmit={(event: React.FormEvent) => {
        event.preventDefault();
        if (!isGood) return;
        onAdd({ name: name.trim(), cases: count, starts: [] });
        setName('');
      }}
    >
      <TextInput
        label="A point where people fell ill, or bought what they ate"
        placeholder="Mission Street"
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
        w={360}
        maw="100%"
      />
      <TextInput
        label="Cases"
        type="number"
        min={1}
        value={cases}
        onChange={(event) => setCases(event.currentTarget.value)}
        w={90}
      />
      <Button type="submit" variant="default" disabled={!isGood}>
        Add the point
      </Button>
    </Group>
  );
}
