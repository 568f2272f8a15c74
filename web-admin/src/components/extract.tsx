import { Anchor, Button, Group, NativeSelect, Text } from '@mantine/core';
import { useEffect, useState } from 'react';
import { useQuery } from 'urql';
import {
  type FileFormat,
  OneFileDocument,
  StartFileDocument,
  type StartFileInput,
} from '../operations/generated/documents.ts';
import { useDeed, type Wrong } from './deed.ts';
import { Failure } from './shown.tsx';

const LOOK_AGAIN_MS = 500;
const FORMATS: readonly { value: FileFormat; label: string }[] = [
  { value: 'XLSX', label: 'FSMA 204 spreadsheet (.xlsx)' },
  { value: 'CSV', label: 'FSMA 204 tables (.csv in a .zip)' },
  { value: 'EPCIS', label: 'EPCIS 2.0 document (.jsonld)' },
  { value: 'FOODCHAIN_LAB', label: 'FoodChain-Lab network (.json)' },
];

/** Takes the events that a page is about away in a file. */
export function Extract({ of }: { of: Omit<StartFileInput, 'format'> }) {
  const [format, setFormat] = useState<FileFormat>('XLSX');
  const [start, isStarting] = useDeed(StartFileDocument);
  const [id, setId] = useState<string | null>(null);
  const [wrong, setWrong] = useState<Wrong>();
  const [found, again] = useQuery({
    query: OneFileDocument,
    variables: { id: id ?? '' },
    pause: id === null,
  });
  const file = id === null ? null : (found.data?.dataFile ?? null);
  const isMade = file !== null && file.state !== 'RUNNING';
  useEffect(() => {
    if (id === null || isMade) return;
    const timer = setInterval(() => again({ requestPolicy: 'network-only' }), LOOK_AGAIN_MS);
    return () => clearInterval(timer);
  }, [id, isMade, again]);
  const submit = async (): Promise<void> => {
    setId(null);
    const { payload, wrong: fault } = await start({ input: { ...of, format } });
    setWrong(fault);
    setId(payload?.file?.id ?? null);
  };
  return (
    <>
      <Group gap="xs" align="end">
        <NativeSelect
          label="Take away as"
          data={[...FORMATS]}
          value={format}
          onChange={(event) => setFormat(event.currentTarget.value as FileFormat)}
        />
        <Button
          variant="default"
          loading={isStarting || (id !== null && !isMade)}
          onClick={() => void submit()}
        >
          Make the file
        </Button>
        <Text size="sm" role="status" pb={8}>
          {file && !isMade && `${file.events.toLocaleString()} events so far.`}
          {file?.state === 'DONE' && `${file.events.toLocaleString()} events. `}
          {file?.path && (
            <Anchor href={file.path} download={file.name}>
              Download {file.name}
            </Anchor>
          )}
        </Text>
      </Group>
      {wrong && <Failure message={wrong.message} duty={wrong.duty} />}
      {file?.message && <Failure message={file.message} />}
    </>
  );
}
