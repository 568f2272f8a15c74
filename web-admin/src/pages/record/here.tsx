import { Badge, Group, Text } from '@mantine/core';
import type { Present } from './use-presence.ts';

/** Who else has it open, and who of them edits. */
export function Here({ present }: { present: readonly Present[] }) {
  const others = present.filter(({ mine }) => !mine);
  return (
    <Group gap="xs" role="status" aria-label="Who is here">
      <Text size="sm">Here:</Text>
      {others.length === 0 && <Text size="sm">nobody else</Text>}
      {others.map(({ holderName, organisation, editing }) => (
        <Badge
          key={`${organisation} ${holderName}`}
          variant={editing ? 'filled' : 'outline'}
          color={editing ? 'blue.9' : 'gray'}
          tt="none"
          autoContrast
        >
          {holderName}
          {editing ? ', editing' : ''}
        </Badge>
      ))}
    </Group>
  );
}
