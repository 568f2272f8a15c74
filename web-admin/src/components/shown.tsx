import { Alert, Button, Loader, Stack, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import type { AnyVariables, UseQueryState } from 'urql';
import { logIn } from '../app/client.ts';

/** What a query brought, or why it is not there yet, in words and with what to do next. */
export function Shown<D, V extends AnyVariables>({
  of: { data, error, fetching },
  children,
}: {
  of: UseQueryState<D, V>;
  children: (data: D) => ReactNode;
}) {
  if (error && isSignedOut(error)) return <SignedOut />;
  if (data) return children(data);
  if (error) return <Failure message={error.graphQLErrors[0]?.message ?? 'The node does not answer.'} />;
  return fetching ? <Loading /> : null;
}

export function Loading() {
  return <Loader role="status" aria-label="Loading" />;
}

export function Failure({ message, duty }: { message: string; duty?: string }) {
  return (
    <Alert color="red" title={message} role="alert">
      {duty ?? 'Try again in a moment; if it stays so, look at the log of the node.'}
    </Alert>
  );
}

function SignedOut() {
  return (
    <Stack align="flex-start">
      <Text>You are not logged in, or your session has ended.</Text>
      <Button onClick={logIn}>Log in</Button>
    </Stack>
  );
}

function isSignedOut(error: {
  response?: unknown;
  graphQLErrors: readonly { extensions?: unknown }[];
}): boolean {
  const { status } = (error.response ?? {}) as { status?: number };
  return status === 401;
}
