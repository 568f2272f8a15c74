import { Alert, Button, Card, Group, NumberInput, Stack, Text, TextInput, Title } from '@mantine/core';
import { useState } from 'react';
import { useQuery } from 'urql';
import { Confirm } from '../../components/confirm.tsx';
import { Copied } from '../../components/copied.tsx';
import { useDeed, type Wrong } from '../../components/deed.ts';
import { Empty } from '../../components/empty.tsx';
import { type Column, Listing } from '../../components/listing.tsx';
import { Failure, Shown } from '../../components/shown.tsx';
import { When } from '../../components/when.tsx';
import {
  ApiTokensDocument,
  CreateApiTokenDocument,
  RevokeApiTokenDocument,
  type TokenPartsFragment,
} from '../../operations/generated/documents.ts';
import { type Assignment, RoleList, RolesInput } from './roles.tsx';

/** Programs of the organisation that have no key of their own: their tokens. */
export function Programs() {
  const [tokens, again] = useQuery({ query: ApiTokensDocument });
  return (
    <Stack>
      <Shown of={tokens}>
        {({ apiTokens }) =>
          apiTokens.length === 0 ? (
            <Empty what="No program has a token.">
              A program of yours that reads or writes here, an ERP or a scale, sends one with each call.
            </Empty>
          ) : (
            <Listing label="API tokens" columns={COLUMNS} rows={apiTokens} keyOf={({ id }) => id} />
          )
        }
      </Shown>
      <Make onMade={() => again({ requestPolicy: 'network-only' })} />
    </Stack>
  );
}

const COLUMNS: readonly Column<TokenPartsFragment>[] = [
  {
    head: 'Program',
    cell: ({ name, clientId }) => (
      <>
        <Text fw={600}>{name}</Text>
        <Text className="id" c="dimmed">
          {clientId}
        </Text>
      </>
    ),
  },
  { head: 'Roles', cell: ({ roles }) => <RoleList roles={roles} /> },
  { head: 'Last used', cell: ({ usedAt }) => (usedAt ? <When at={usedAt} /> : 'never') },
  { head: 'Ends', cell: (token) => <End token={token} /> },
];

function End({ token: { id, name, expiresAt, revokedAt } }: { token: TokenPartsFragment }) {
  const [revoke] = useDeed(RevokeApiTokenDocument);
  if (revokedAt)
    return (
      <>
        revoked <When at={revokedAt} />
      </>
    );
  return (
    <Stack gap="xs" align="flex-start">
      <When at={expiresAt} />
      <Confirm
        label="Revoke"
        title={`Revoke the token of ${name}?`}
        deed="Revoke"
        isGrave
        onConfirm={() => revoke({ id })}
      >
        <Text>
          The program is refused from the next call on. It cannot be taken back: make another token then.
        </Text>
      </Confirm>
    </Stack>
  );
}

function Make({ onMade }: { onMade: () => void }) {
  const [create, isRunning] = useDeed(CreateApiTokenDocument);
  const [name, setName] = useState('');
  const [days, setDays] = useState(90);
  const [roles, setRoles] = useState<Assignment[]>([]);
  const [wrong, setWrong] = useState<Wrong>();
  const [token, setToken] = useState<string | null>();
  const submit = async (): Promise<void> => {
    const { payload, wrong: failed } = await create({ input: { name, days, roles } });
    setWrong(failed);
    setToken(payload?.token);
    if (payload) onMade();
  };
  return (
    <Card withBorder component="section" aria-labelledby="make-token">
      <Stack
        gap="sm"
        component="form"
        onSubmit={(event: React.FormEvent) => {
          event.preventDefault();
          void submit();
        }}
      >
        <Title order={3} size="h4" id="make-token">
          Make a token for a program
        </Title>
        <Group align="end">
          <TextInput
            label="What it is for"
            required
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
            w={260}
          />
          <NumberInput
            label="Days until it ends"
            min={1}
            max={366}
            value={days}
            onChange={(value) => setDays(Number(value))}
            w={160}
          />
        </Group>
        <RolesInput value={roles} onChange={setRoles} without={['ADMINISTRATOR']} />
        {wrong && <Failure message={wrong.message} duty={wrong.duty} />}
        {token && (
          <Alert
            title="Put it where the program finds it: it is kept nowhere and not shown again"
            role="status"
          >
            <Copied text={token} what="the token" />
            <Text size="sm">
              Sent with each call as <code>Authorization: Bearer ...</code>
            </Text>
          </Alert>
        )}
        <Group>
          <Button type="submit" loading={isRunning} disabled={roles.length === 0}>
            Make a token
          </Button>
        </Group>
      </Stack>
    </Card>
  );
}
