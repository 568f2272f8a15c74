import { Stack, Text } from '@mantine/core';
import type { ReactNode } from 'react';

/** Where there is nothing: what would be here, and how it comes. */
export function Empty({ what, children }: { what: string; children: ReactNode }) {
  return (
    <Stack gap={4} py="md">
      <Text fw={600}>{what}</Text>
      <Text c="dimmed">{children}</Text>
    </Stack>
  );
}
