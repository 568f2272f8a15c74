import { Button, Card, Group, NumberInput, Stack, Text, TextInput, Title } from '@mantine/core';
import { useState } from 'react';
import { Copied } from '../../components/copied.tsx';
import { useDeed, type Wrong } from '../../components/deed.ts';
import { LinkToGive } from '../../components/link-to-give.tsx';
import { Failure } from '../../components/shown.tsx';
import { InvitePartnerDocument, type InvitePartnerMutation } from '../../operations/generated/documents.ts';

type Invitation = InvitePartnerMutation['invitePartner'];

export function Invite() {
  const [invite, isRunning] = useDeed(InvitePartnerDocument);
  const [note, setNote] = useState('');
  const [hours, setHours] = useState(72);
  const [made, setMade] = useState<Invitation>();
  const [wrong, setWrong] = useState<Wrong>();
  const submit = async (): Promise<void> => {
    const outcome = await invite({ input: { note, hours } });
    setMade(outcome.payload);
    setWrong(outcome.wrong);
  };
  return (
    <Card withBorder component="section" aria-labelledby="invite">
      <Stack gap="sm">
        <Title order={3} size="h4" id="invite">
          Invite a partner
        </Title>
        <Group
          align="end"
          component="form"
          onSubmit={(event: React.FormEvent) => {
            event.preventDefault();
            void submit();
          }}
        >
          <TextInput
            label="For whom, as a note for yourself"
            required
            value={note}
            onChange={(event) => setNote(event.currentTarget.value)}
            w={320}
            maw="100%"
          />
          <NumberInput
            label="Hours until it expires"
            min={1}
            max={720}
            value={hours}
            onChange={(value) => setHours(Number(value))}
            w={180}
          />
          <Button type="submit" loading={isRunning}>
            Make a link
          </Button>
        </Group>
        {wrong && <Failure message={wrong.message} duty={wrong.duty} />}
        {made?.link && made.expiresAt && (
          <LinkToGive link={made.link} expiresAt={made.expiresAt}>
            <Text size="sm">
              When they ask by telephone, this is the fingerprint of your node's key. When they have accepted,
              they appear above and wait for you: let them read theirs to you.
            </Text>
            <Copied text={made.fingerprint ?? ''} what="the fingerprint" />
          </LinkToGive>
        )}
      </Stack>
    </Card>
  );
}
