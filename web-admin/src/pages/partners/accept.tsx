import { Alert, Button, Card, Checkbox, Group, Stack, Text, TextInput, Title } from '@mantine/core';
import { useState } from 'react';
import '@mantine/core/styles/Checkbox.css';
import { useDeed, type Wrong } from '../../components/deed.ts';
import { Failure } from '../../components/shown.tsx';
import { AcceptInvitationDocument } from '../../operations/generated/documents.ts';
import { readInvitation } from './words.ts';

/** Two steps: what the link says, to be compared with what its makers say; then it is accepted. */
export function Accept({ onAccepted }: { onAccepted: () => void }) {
  const [accept, isRunning] = useDeed(AcceptInvitationDocument);
  const [link, setLink] = useState('');
  const [isSame, setSame] = useState(false);
  const [wrong, setWrong] = useState<Wrong>();
  const [name, setName] = useState<string>();
  const invitation = readInvitation(link);
  const submit = async (): Promise<void> => {
    const { payload, wrong: failed } = await accept({ link: link.trim() });
    setWrong(failed);
    setName(payload?.partner?.name);
    if (!payload) return;
    setLink('');
    setSame(false);
    onAccepted();
  };
  return (
    <Card withBorder component="section" aria-labelledby="accept">
      <Stack gap="sm">
        <Title order={3} size="h4" id="accept">
          Accept an invitation
        </Title>
        <TextInput
          label="The link that they sent you"
          description="It is not to be opened in a browser: paste it here."
          value={link}
          error={
            link !== '' && !invitation ? 'This is no invitation, or a part of it is missing.' : undefined
          }
          onChange={(event) => {
            setLink(event.currentTarget.value);
            setSame(false);
          }}
        />
        {invitation && (
          <Alert title={`A node at ${invitation.host} invites you`}>
            <Stack gap="xs">
              <Text>The fingerprint of its key, if the link is genuine:</Text>
              <Text className="told">{invitation.fingerprint}</Text>
              <Checkbox
                label="Its people read this very fingerprint to me"
                checked={isSame}
                onChange={(event) => setSame(event.currentTarget.checked)}
              />
              <Group>
                <Button disabled={!isSame} loading={isRunning} onClick={() => void submit()}>
                  Accept
                </Button>
              </Group>
            </Stack>
          </Alert>
        )}
        {wrong && <Failure message={wrong.message} duty={wrong.duty} />}
        {name && (
          <Text role="status">
            {name} is your partner. It sees nothing yet of yours: say under Sharing what it may see.
          </Text>
        )}
      </Stack>
    </Card>
  );
}
