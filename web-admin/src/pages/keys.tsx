import { Card, Group, List, Stack, Text, Title } from '@mantine/core';
import '@mantine/core/styles/List.css';
import type { ReactNode } from 'react';
import { useQuery } from 'urql';
import { useCaller } from '../components/caller.ts';
import { Confirm } from '../components/confirm.tsx';
import { Copied } from '../components/copied.tsx';
import { useDeed } from '../components/deed.ts';
import { KeyList } from '../components/key-list.tsx';
import { Page } from '../components/page.tsx';
import { Shown } from '../components/shown.tsx';
import { KeysDocument, type KeysQuery, RotateKeyDocument } from '../operations/generated/documents.ts';

type KeyLog = NonNullable<KeysQuery['keys']>;

export function Component() {
  const [keys] = useQuery({ query: KeysDocument });
  const { has } = useCaller();
  return (
    <Page title="Keys">
      <Shown of={keys}>
        {({ keys: log }) =>
          log && (
            <Stack>
              <InForce log={log} />
              <KeyList keys={log.keys} />
              {has('ADMINISTRATOR') && (
                <>
                  <Change />
                  <Revoke kid={log.keys.at(-1)?.kid ?? ''} />
                </>
              )}
            </Stack>
          )
        }
      </Shown>
    </Page>
  );
}

function InForce({ log: { organisation, keys } }: { log: KeyLog }) {
  return (
    <Stack gap="xs">
      <Text>
        Everything that this node says is signed with one key of {organisation}. Partners know it by this
        fingerprint, which you read to them by telephone:
      </Text>
      <Copied text={keys.at(-1)?.fingerprint ?? ''} what="the fingerprint" />
    </Stack>
  );
}

function Change() {
  const [rotate] = useDeed(RotateKeyDocument);
  return (
    <Section title="Change to the next key">
      <Text>
        Once a year, or when somebody leaves who could read the key. Nobody but the holder of the next key can
        do it: keep <code>next-key.jwk</code> on another machine, and bring it for this.
      </Text>
      <Text>On the machine of the node:</Text>
      <Copied text="lotbook keys rotate --next next-key.jwk" what="the command that changes the key" />
      <Text size="sm">
        The command prepares the change and has the running node take it up. Where the next key was prepared
        in the directory of the node already, the node can take it up from here.
      </Text>
      <Group>
        <Confirm
          label="Take up the prepared change"
          title="Sign with the next key from now on?"
          deed="Change the key"
          onConfirm={() => rotate({})}
        >
          <List>
            <List.Item>All processes of the node sign with the new key, and no request fails.</List.Item>
            <List.Item>Partners follow by themselves: nobody has to compare anything.</List.Item>
            <List.Item>What the old key has signed stays valid.</List.Item>
            <List.Item>It cannot be taken back: the old key never comes into force again.</List.Item>
          </List>
        </Confirm>
      </Group>
    </Section>
  );
}

/** It needs the next private key, which a page must never see: so it says what to do, and what it means. */
function Revoke({ kid }: { kid: string }) {
  return (
    <Section title="If a key is lost, or may be in other hands">
      <Text>
        Revoking says to everybody that the key may have been used by somebody else. From the entry that you
        name, what it has signed counts no more with anybody. What partners had applied before stays where it
        is and is listed as kept aside. It cannot be taken back.
      </Text>
      <Text>The key in force is stolen or lost: change to the next one, and revoke it.</Text>
      <Copied
        text="lotbook keys recover --next next-key.jwk --reason stolen --from BOOK:ENTRY"
        what="the command for a lost key"
      />
      <Text>A key may have been read by somebody:</Text>
      <Copied
        text={`lotbook keys revoke ${kid} --next next-key.jwk --reason "laptop stolen" --from BOOK:ENTRY`}
        what="the command that revokes"
      />
      <Text size="sm">
        It is done on the machine, not here: whoever sits at a page must not be able to take your node from
        you.
      </Text>
    </Section>
  );
}

function Section({ title, children }: { title: string; children: ReactNode }) {
  return (
    <Card withBorder component="section" aria-label={title}>
      <Stack gap="xs">
        <Title order={3} size="h4">
          {title}
        </Title>
        {children}
      </Stack>
    </Card>
  );
}
