import { Button, Group, TextInput } from '@mantine/core';
import { lazy, Suspense, useState } from 'react';
import { useClient } from 'urql';
import { IdentifyDocument, type IdentifyQuery } from '../operations/generated/documents.ts';

export type Read = IdentifyQuery['identify'];

/** With the reader of codes, which is large: it comes when somebody scans. */
const Scanner = lazy(() => import('./scanner.tsx'));

/** Whatever somebody has in hand, typed or scanned: the node reads it, and says what it names. */
export function IdentifierForm({
  label,
  action,
  onRead,
}: {
  label: string;
  action: string;
  onRead: (read: Read) => void;
}) {
  const client = useClient();
  const [text, setText] = useState('');
  const [fault, setFault] = useState<string | null>(null);
  const [isScanning, setScanning] = useState(false);
  const read = async (given: string): Promise<void> => {
    const answer = await client.query(IdentifyDocument, { text: given }).toPromise();
    const found = answer.data?.identify;
    setText(found && !found.fault ? '' : given);
    setFault(
      found
        ? (found.fault ?? null)
        : (answer.error?.graphQLErrors[0]?.message ?? 'The node does not answer.'),
    );
    if (found && !found.fault) onRead(found);
  };
  return (
    <div>
      <Group
        align="flex-start"
        component="form"
        onSubmit={(event: React.FormEvent) => {
          event.preventDefault();
          if (text.trim() !== '') void read(text);
        }}
      >
        <TextInput
          label={label}
          description="(01)09521141012345(10)A1, a GS1 Digital Link, an EPC URN, or what a scanner reads"
          value={text}
          error={fault}
          onChange={(event) => setText(event.currentTarget.value)}
          w={520}
          maw="100%"
        />
        <Group mt={{ base: 0, sm: 44 }} gap="xs">
          <Button type="submit">{action}</Button>
          <Button variant="default" aria-expanded={isScanning} onClick={() => setScanning(!isScanning)}>
            {isScanning ? 'Stop scanning' : 'Scan'}
          </Button>
        </Group>
      </Group>
      {isScanning && (
        <Suspense>
          <Scanner
            onText={(scanned) => {
              setScanning(false);
              void read(scanned);
            }}
          />
        </Suspense>
      )}
    </div>
  );
}

/** Places and parties are asked for in another way than things. */
export function isPlace(id: string): boolean {
  return /^https:\/\/id\.gs1\.org\/41[47]\/|^geo:|:(?:location|party|sgln|pgln):/.test(id);
}
