import { Stack, Title } from '@mantine/core';
import { useQuery } from 'urql';
import { CasesDocument } from '../../operations/generated/documents.ts';
import { CaseList } from '../cases/list.tsx';

/** Open cases with their clocks and overdue answers; nothing where there is none. */
export function OpenCases() {
  const [{ data }] = useQuery({ query: CasesDocument });
  const open = (data?.cases ?? []).filter(({ state }) => state === 'OPEN');
  if (open.length === 0) return null;
  return (
    <Stack gap="xs">
      <Title order={3} size="h4">
        Open cases
      </Title>
      <CaseList cases={open} />
    </Stack>
  );
}
