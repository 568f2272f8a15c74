import { Button, Group, Stack, Text, TextInput, Title } from '@mantine/core';
import { IdentifierForm } from '../../components/identifier-form.tsx';
import { shortOf } from '../../components/names.ts';
import type { Draft } from './draft.ts';

/** Which lots a notice is about, typed or scanned, and how each is marked. */
export function LotsInput({
  draft: { lots },
  change,
}: {
  draft: Draft;
  change: (part: Partial<Draft>) => void;
}) {
  return (
    <Stack component="fieldset" gap="xs" className="bare">
      <Title component="legend" order={4} size="h5">
        Lots ({lots.length})
      </Title>
      {lots.map(({ lot, marking }, at) => (
        <Group key={lot} align="end" gap="xs">
          <Text fw={600} miw={100} title={lot}>
            {shortOf(lot)}
          </Text>
          <TextInput
            className="grow"
            label={`How ${shortOf(lot)} is marked on the package`}
            value={marking}
            onChange={({ currentTarget: { value } }) =>
              change({ lots: lots.map((each, index) => (index === at ? { ...each, marking: value } : each)) })
            }
          />
          <Button
            variant="default"
            aria-label={`Leave out ${shortOf(lot)}`}
            onClick={() => change({ lots: lots.filter((each) => each.lot !== lot) })}
          >
            Leave out
          </Button>
        </Group>
      ))}
      <IdentifierForm
        label="Add a lot"
        action="Add"
        onRead={({ identifier }) => {
          if (!lots.some(({ lot }) => lot === identifier))
            change({ lots: [...lots, { lot: identifier, product: '', marking: '' }] });
        }}
      />
    </Stack>
  );
}
