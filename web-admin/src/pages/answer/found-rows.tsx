import { Button, Group, Select, Stack, Text, TextInput } from '@mantine/core';
import { shortOf } from '../../components/names.ts';
import type { FoundDisposition, FoundInput } from '../../operations/generated/documents.ts';
import { choices, DISPOSITIONS } from '../cases/words.ts';
import { unitText } from '../trace/words.ts';

interface Props {
  found: readonly FoundInput[];
  lots: readonly string[];
  /** The likeliest first. */
  units: readonly string[];
  onChange: (found: FoundInput[]) => void;
}

/** What was found of each lot, and what became of it, row by row. */
export function FoundRows({ found, lots, units, onChange }: Props) {
  const next = (): FoundInput => ({
    lot: lots.find((lot) => !found.some((each) => each.lot === lot)) ?? lots[0] ?? '',
    quantity: '',
    uom: found.at(-1)?.uom ?? units[0] ?? 'KGM',
    disposition: 'QUARANTINED',
  });
  return (
    <Stack gap="sm" component="fieldset" className="bare">
      <Text component="legend" fw={600}>
        What was found
      </Text>
      {found.map((each, at) => (
        <Row
          key={at}
          label={`row ${at + 1}`}
          found={each}
          lots={lots}
          units={units}
          onChange={(part) => onChange(found.map((one, index) => (index === at ? { ...one, ...part } : one)))}
          onLeaveOut={() => onChange(found.toSpliced(at, 1))}
        />
      ))}
      <Group>
        <Button variant="default" onClick={() => onChange([...found, next()])}>
          {found.length === 0 ? 'Add what was found' : 'Add more'}
        </Button>
      </Group>
    </Stack>
  );
}

function Row({
  label,
  found: { lot, quantity, uom, disposition },
  lots,
  units,
  onChange,
  onLeaveOut,
}: Pick<Props, 'lots' | 'units'> & {
  label: string;
  found: FoundInput;
  onChange: (part: Partial<FoundInput>) => void;
  onLeaveOut: () => void;
}) {
  return (
    <Group align="end" gap="xs" role="group" aria-label={`Found, ${label}`}>
      <Select
        label="Lot"
        w={150}
        allowDeselect={false}
        data={lots.map((value) => ({ value, label: shortOf(value) }))}
        value={lot}
        onChange={(next) => next && onChange({ lot: next })}
      />
      <TextInput
        label="Quantity"
        inputMode="decimal"
        w={100}
        value={quantity}
        onChange={(event) => onChange({ quantity: event.currentTarget.value })}
      />
      <Select
        label="Unit"
        w={110}
        allowDeselect={false}
        data={units.map((value) => ({ value, label: unitText(value) }))}
        value={uom}
        onChange={(next) => next && onChange({ uom: next })}
      />
      <Select
        label="What became of it"
        w={180}
        allowDeselect={false}
        data={choices(DISPOSITIONS)}
        value={disposition}
        onChange={(next) => next && onChange({ disposition: next as FoundDisposition })}
      />
      <Button variant="default" aria-label={`Leave out ${label}`} onClick={onLeaveOut}>
        Leave out
      </Button>
    </Group>
  );
}
