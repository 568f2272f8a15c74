import { Checkbox, Group, Pill, SegmentedControl, Select, Stack, Text, TextInput } from '@mantine/core';
import { IdentifierForm } from '../../components/identifier-form.tsx';
import { type Named, shortOf } from '../../components/names.ts';
import type { TraceDirection } from '../../operations/generated/documents.ts';
import type { Grouping, Question, StartKind } from './question.ts';

interface Props {
  question: Question;
  change: (part: Partial<Question>) => void;
  names: ReadonlyMap<string, Named>;
}

const DIRECTIONS = [
  { value: 'BACK', label: 'Back' },
  { value: 'BOTH', label: 'Both' },
  { value: 'FORWARD', label: 'Forward' },
];
const DEPTHS = ['1', '2', '3', '5', '10'].map((value) => ({ value, label: `${value} away` }));
const GROUPINGS = [
  { value: 'none', label: 'Each lot' },
  { value: 'product', label: 'Products' },
  { value: 'place', label: 'Places' },
  { value: 'organisation', label: 'Organisations' },
];

/** What is traced, and how it is shown. */
export function QuestionForm({ question, change, names }: Props) {
  const { starts, direction, depth, from, until, grouping, carriers } = question;
  return (
    <Stack gap="sm">
      <IdentifierForm
        label="Trace from a lot, pallet, place or event"
        action="Trace"
        onRead={({ kind, identifier: id }) => {
          if (starts.some((each) => each.id === id)) return;
          change({ starts: [...starts, { kind: kindOf(kind, id), id }], selected: [] });
        }}
      />
      <Starts question={question} change={change} names={names} />
      <Group align="end" gap="md">
        <Labelled label="Direction">
          <SegmentedControl
            aria-label="Direction"
            data={DIRECTIONS}
            value={direction}
            onChange={(next) => change({ direction: next as TraceDirection })}
          />
        </Labelled>
        <Select
          label="Transformations"
          w={130}
          allowDeselect={false}
          data={[...DEPTHS, { value: '100', label: 'all' }]}
          value={String(depth)}
          onChange={(next) => next && change({ depth: Number(next) })}
        />
        <TextInput
          type="date"
          label="From (UTC)"
          value={from}
          onChange={(event) => change({ from: event.currentTarget.value })}
        />
        <TextInput
          type="date"
          label="Until (UTC)"
          value={until}
          onChange={(event) => change({ until: event.currentTarget.value })}
        />
        <Labelled label="Show">
          <SegmentedControl
            aria-label="Show"
            data={GROUPINGS}
            value={grouping}
            onChange={(next) => change({ grouping: next as Grouping })}
          />
        </Labelled>
        <Checkbox
          label="Pallets too"
          mb={8}
          checked={carriers}
          onChange={(event) => change({ carriers: event.currentTarget.checked })}
        />
      </Group>
    </Stack>
  );
}

function Starts({ question: { starts }, change, names }: Props) {
  if (starts.length === 0) return null;
  return (
    <Pill.Group aria-label="Starts">
      {starts.map(({ kind, id }) => (
        <Pill
          key={`${kind} ${id}`}
          size="md"
          withRemoveButton
          removeButtonProps={{
            'aria-label': `Do not start from ${id}`,
            tabIndex: 0,
            'aria-hidden': false,
          }}
          onRemove={() => change({ starts: starts.filter((each) => each.id !== id), selected: [] })}
        >
          {kind === 'thing' ? shortOf(id) : `${kind} ${names.get(id)?.name ?? shortOf(id)}`}
        </Pill>
      ))}
    </Pill.Group>
  );
}

function Labelled({ label, children }: { label: string; children: React.ReactNode }) {
  return (
    <div>
      <Text size="sm" fw={500} aria-hidden mb={2}>
        {label}
      </Text>
      {children}
    </div>
  );
}

function kindOf(kind: string, id: string): StartKind {
  if (kind === 'location' || kind === 'party') return 'place';
  return /^(ni:|urn:uuid:)/.test(id) ? 'event' : 'thing';
}
