import { Alert, Card, Stack, Text, TextInput, Title } from '@mantine/core';
import { useState } from 'react';
import { DropFile } from '../../components/drop-file.tsx';
import { Failure } from '../../components/shown.tsx';
import { Verdict } from './verdict.tsx';
import { useVerifier } from './verifying.ts';

/** Whoever made the file: nothing of it leaves the browser. */
export function Verify() {
  const [found, verify] = useVerifier();
  const [file, setFile] = useState<File>();
  const [trust, setTrust] = useState('');
  const start = (chosen: File): void => {
    setFile(chosen);
    const known = trust.trim().replace(/\s+/g, ' ');
    verify({ file: chosen, trust: known === '' ? [] : [known] });
  };
  return (
    <Card withBorder component="section" aria-labelledby="verify">
      <Stack gap="sm">
        <Title order={3} size="h4" id="verify">
          Verify an export
        </Title>
        <Text size="sm">
          Of your own or of anybody else. Every signature, history and field is checked here, in your browser:
          the file is sent nowhere.
        </Text>
        <TextInput
          label="Fingerprint of the owner's key as you know it (optional)"
          description="With it a file of anybody else's key is refused."
          value={trust}
          onChange={(event) => setTrust(event.currentTarget.value)}
        />
        <DropFile
          label="Drop a file to verify: NAME.jsonl.gz or NAME.zip"
          accept=".gz,.zip,.jsonl"
          onFiles={([chosen]) => chosen && start(chosen)}
        />
        {found?.state === 'RUNNING' && (
          <Text role="status">
            {file?.name}: {found.changes.toLocaleString()} changes checked ...
          </Text>
        )}
        {found?.state === 'UNREADABLE' && (
          <Failure
            message={`${file?.name} cannot be read: ${found.message}`}
            duty="It is an export if its name ends in .jsonl.gz, or the .zip that holds one."
          />
        )}
        {found?.state === 'DONE' && file && <Verdict name={file.name} report={found.report} />}
        {found === undefined && (
          <Alert variant="default" title="Without this page">
            The .zip holds a page that does the same in any browser, and <code>lotbook verify FILE</code> does
            it on the command line.
          </Alert>
        )}
      </Stack>
    </Card>
  );
}
