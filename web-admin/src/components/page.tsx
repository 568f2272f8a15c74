import { Group, Stack, Title } from '@mantine/core';
import { type ReactNode, useEffect } from 'react';

export function Page({ title, aside, children }: { title: string; aside?: ReactNode; children: ReactNode }) {
  useEffect(() => {
    document.title = `${title} - Lotbook`;
  }, [title]);
  return (
    <Stack gap="md">
      <Group justify="space-between">
        <Title order={2}>{title}</Title>
        {aside}
      </Group>
      {children}
    </Stack>
  );
}
