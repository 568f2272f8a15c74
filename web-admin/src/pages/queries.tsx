import { Alert, Button, Group, JsonInput, Kbd, Stack, Text, Textarea } from '@mantine/core';
import '@mantine/core/styles/Kbd.css';
import { type KeyboardEvent, useRef, useState } from 'react';
import { Page } from '../components/page.tsx';
import { Operations } from './queries/operations.tsx';
import { ask, type Told } from './queries/ask.ts';

const FIRST = '{\n  books {\n    id\n    title\n  }\n}\n';

/** The node's GraphQL, by hand: what the contract has, and what a query of one's own answers. */
export function Component() {
  const [query, setQuery] = useState(FIRST);
  const [variables, setVariables] = useState('');
  const [told, setTold] = useState<Told>();
  const running = useRef<AbortController>(null);
  const [isRunning, setRunning] = useState(false);
  const run = async (): Promise<void> => {
    running.current?.abort();
    const { signal } = (running.current = new AbortController());
    setRunning(true);
    setTold(undefined);
    await ask({ query, variables, signal }, setTold);
    if (!signal.aborted) setRunning(false);
  };
  const stop = (): void => {
    running.current?.abort();
    setRunning(false);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    void run();
  };
  return (
    <Page title="Queries">
      <Text>
        Ask the node in GraphQL, with your own roles. Programs ask in the same words; a subscription streams
        until you stop it.
      </Text>
      <Stack onKeyDown={onKeyDown}>
        <Textarea
          label="Document"
          value={query}
          onChange={(event) => setQuery(event.currentTarget.value)}
          autosize
          minRows={8}
          maxRows={24}
          spellCheck={false}
          classNames={{ input: 'told' }}
        />
        <JsonInput
          label="Variables"
          description="A JSON object, where the document has variables"
          value={variables}
          onChange={setVariables}
          autosize
          minRows={2}
          maxRows={12}
          validationError="This is no JSON."
          classNames={{ input: 'told' }}
        />
        <Group>
          <Button onClick={() => void run()}>Ask</Button>
          <Button variant="default" onClick={stop} disabled={!isRunning}>
            Stop
          </Button>
          <Text size="sm" c="dimmed">
            or <Kbd>Ctrl</Kbd> <Kbd>Enter</Kbd>
          </Text>
        </Group>
      </Stack>
      <Answer told={told} />
      <Operations onChosen={setQuery} />
    </Page>
  );
}

function Answer({ told }: { told: Told | undefined }) {
  return (
    <div role="region" aria-label="Answer" aria-live="polite">
      {told?.wrong && (
        <Alert color="red" title="It was not answered" role="alert">
          {told.wrong}
        </Alert>
      )}
      {told?.text && <pre className="told">{told.text}</pre>}
    </div>
  );
}
