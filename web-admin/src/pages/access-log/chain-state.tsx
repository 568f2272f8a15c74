import { Alert, Button, Group, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { useClient } from 'urql';
import { Copied } from '../../components/copied.tsx';
import type { ChainFound } from './read-chain.ts';

/** Whether the log is whole: every row is read and its hash computed here, not believed. */
export function ChainState() {
  const client = useClient();
  const [rows, setRows] = useState<number>();
  const [found, setFound] = useState<ChainFound>();
  const verify = async (): Promise<void> => {
    setFound(undefined);
    setRows(0);
    const { readChain } = await import('./read-chain.ts');
    setFound(await readChain(client, setRows));
    setRows(undefined);
  };
  return (
    <Stack gap="xs">
      <Group>
        <Text className="grow">
          Each row carries the hash of the one before, so that nobody can change or remove one unseen.
        </Text>
        <Button variant="default" loading={rows !== undefined} onClick={() => void verify()}>
          Verify the whole log
        </Button>
      </Group>
      {rows !== undefined && <Text role="status">{rows} rows are read ...</Text>}
      {found && <Found found={found} />}
    </Stack>
  );
}

function Found({ found }: { found: ChainFound }) {
  if (found.state === 'WHOLE')
    return (
      <Alert title={`All ${found.rows} rows continue one another`} role="status">
        <Text size="sm">
          Note this head somewhere else. Whoever has it can show later that no row up to here was changed or
          cut off: <code>lotbook access-log --verify --head</code>
        </Text>
        <Copied text={found.head} what="the head" />
      </Alert>
    );
  return (
    <Alert
      color="red"
      role="alert"
      title={found.state === 'BROKEN' ? `Not whole at row ${found.seq}` : 'Not verified'}
    >
      {found.state === 'BROKEN'
        ? `${found.why}. Somebody has changed it past the node: keep the database as it is, and look at its backups.`
        : found.why}
    </Alert>
  );
}
