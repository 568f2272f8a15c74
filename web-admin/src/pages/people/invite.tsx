import { Button, Card, Group, Stack, Text, TextInput, Title } from '@mantine/core';
import { useState } from 'react';
import { useDeed, type Wrong } from '../../components/deed.ts';
import { LinkToGive } from '../../components/link-to-give.tsx';
import { Failure } from '../../components/shown.tsx';
import { InvitePersonDocument } from '../../operations/generated/documents.ts';
import { type Assignment, RolesInput } from './roles.tsx';

export function InvitePerson() {
  const [invite, isRunning] = useDeed(InvitePersonDocument);
  const [name, setName] = useState('');
  const [email, setEmail] = useState('');
  const [roles, setRoles] = useState<Assignment[]>([]);
  const [wrong, setWrong] = useState<Wrong>();
  const [made, setMade] = useState<{ name: string; link: string; expiresAt: string }>();
  const submit = async (): Promise<void> => {
    const { payload, wrong: failed } = await invite({ input: { name, email, roles } });
    setWrong(failed);
    if (payload?.link && payload.expiresAt)
      setMade({ name, link: payload.link, expiresAt: payload.expiresAt });
  };
  return (
    <Card withBorder component="section" aria-labelledby="invite-person">
      <Stack
        gap="sm"
        component="form"
        onSubmit={(event: React.FormEvent) => {
          event.preventDefault();
          void submit();
        }}
      >
        <Title order={3} size="h4" id="invite-person">
          Invite somebody
        </Title>
        <Group align="end">
          <TextInput
            label="Name"
            required
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
            w={260}
          />
          <TextInput
            label="E-mail address, by which the person logs in"
            type="email"
            required
            value={email}
            onChange={(event) => setEmail(event.currentTarget.value)}
            w={320}
            maw="100%"
          />
        </Group>
        <RolesInput value={roles} onChange={setRoles} />
        {wrong && <Failure message={wrong.message} duty={wrong.duty} />}
        {made && (
          <LinkToGive link={made.link} expiresAt={made.expiresAt}>
            <Text size="sm">Whoever opens it chooses a password and is {made.name}. No mail is sent.</Text>
          </LinkToGive>
        )}
        <Group>
          <Button type="submit" loading={isRunning} disabled={roles.length === 0}>
            Invite
          </Button>
        </Group>
      </Stack>
    </Card>
  );
}
