import { Anchor, Badge, Card, Group, Stack, TagsInput, Text, TextInput, Title } from '@mantine/core';
import { useState } from 'react';
import { Link, useSearchParams } from 'react-router';
import { useQuery } from 'urql';
import { useCaller } from '../components/caller.ts';
import { Confirm } from '../components/confirm.tsx';
import { type Outcome, useDeed } from '../components/deed.ts';
import { Empty } from '../components/empty.tsx';
import { KeyList } from '../components/key-list.tsx';
import { Facts } from '../components/listing.tsx';
import { Page } from '../components/page.tsx';
import { Shown } from '../components/shown.tsx';
import { When } from '../components/when.tsx';
import {
  ConfirmPartnerDocument,
  KeysDocument,
  type PartnerWithKeysQuery,
  PartnerWithKeysDocument,
  RemovePartnerDocument,
  ResumePartnerDocument,
  SetPartnerGroupsDocument,
  SuspendPartnerDocument,
} from '../operations/generated/documents.ts';
import { ItsBooks } from './partners/its-books.tsx';
import { PartnerWebhooks } from './partners/webhooks.tsx';
import { reachOf, STATES } from './partners/words.ts';

type Partner = PartnerWithKeysQuery['partners'][number];

export function Component() {
  const [params] = useSearchParams();
  const organisation = params.get('organisation') ?? '';
  const [partners] = useQuery({ query: PartnerWithKeysDocument });
  const partner = partners.data?.partners.find((each) => each.organisation === organisation);
  return (
    <Page title={partner?.name ?? 'Partner'} aside={partner && <State partner={partner} />}>
      <Shown of={partners}>
        {() =>
          partner ? (
            <Of partner={partner} />
          ) : (
            <Empty what={`${organisation} is no partner of this node.`}>
              <Anchor component={Link} to="/partners">
                To all partners
              </Anchor>
            </Empty>
          )
        }
      </Shown>
    </Page>
  );
}

function State({ partner: { status } }: { partner: Partner }) {
  return (
    <Badge size="lg" variant="outline" color={STATES[status].color} className="plain">
      {STATES[status].text}
    </Badge>
  );
}

function Of({ partner }: { partner: Partner }) {
  const { has } = useCaller();
  const { organisation, url, since, unreachable, unreachableSince, fingerprint, status, keys } = partner;
  const waits = status === 'UNCONFIRMED';
  return (
    <Stack>
      <Facts
        label="What is known of the partner"
        facts={{
          Organisation: <span className="id">{organisation}</span>,
          'Its node': url,
          Reached: unreachableSince ? (
            <b>
              {reachOf(partner)} since <When at={unreachableSince} />: {unreachable}
            </b>
          ) : (
            reachOf(partner)
          ),
          'Partner since': <When at={since} />,
          'Fingerprint of its key': waits ? null : <span className="told">{fingerprint}</span>,
        }}
      />
      {waits && has('ADMINISTRATOR') && <Compare partner={partner} />}
      <ItsBooks owner={organisation} />
      {has('ADMINISTRATOR') && <PartnerWebhooks organisation={organisation} />}
      <Text>
        <Anchor component={Link} to={`/sharing?${new URLSearchParams({ partner: organisation }).toString()}`}>
          What it may see of yours, and what it has received
        </Anchor>
      </Text>
      {keys.length > 0 && (
        <Stack gap="xs">
          <Title order={3} size="h4">
            Its keys
          </Title>
          <KeyList keys={keys} />
        </Stack>
      )}
      {has('ADMINISTRATOR') && <Deeds partner={partner} />}
    </Stack>
  );
}

/** The word of the other's people decides, so their fingerprint is typed, not looked at here. */
function Compare({ partner: { organisation, name } }: { partner: Partner }) {
  const [confirm] = useDeed(ConfirmPartnerDocument);
  const [own] = useQuery({ query: KeysDocument });
  const [typed, setTyped] = useState('');
  return (
    <Card withBorder>
      <Stack gap="sm">
        <Text>
          {name} has accepted your invitation. Call its people, and let them read the fingerprint of their key
          to you. Yours, for them, is <span className="told">{own.data?.keys?.keys.at(-1)?.fingerprint}</span>
        </Text>
        <TextInput
          label="The fingerprint that they read to you"
          placeholder="ABCD EFGH ..."
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
        />
        <Group>
          <Confirm
            label="Compare and confirm"
            title={`Is ${name} who they say?`}
            deed="They read it to me"
            isReady={typed.trim() !== ''}
            onConfirm={() => confirm({ organisation, fingerprint: typed })}
          >
            <Text>
              If what you typed is the fingerprint of the key with which the node accepted, it is your partner
              from now on. If not, somebody stands between you: nothing happens, and you should make a new
              invitation.
            </Text>
            <Text className="told">{typed}</Text>
          </Confirm>
        </Group>
      </Stack>
    </Card>
  );
}

function Deeds({ partner }: { partner: Partner }) {
  const { organisation, name, status } = partner;
  const [suspend] = useDeed(SuspendPartnerDocument);
  const [resume] = useDeed(ResumePartnerDocument);
  const [remove] = useDeed(RemovePartnerDocument);
  const [setGroups] = useDeed(SetPartnerGroupsDocument);
  const [groups, chooseGroups] = useState(partner.groups);
  const of = (run: (variables: { organisation: string }) => Promise<Outcome<unknown>>) => () =>
    run({ organisation });
  return (
    <Group>
      <Confirm
        label="Change its groups"
        title={`Groups of ${name}`}
        deed="Save"
        onConfirm={() => setGroups({ organisation, groups })}
      >
        <Text>
          Sharing rules that name a group hold for every partner in it, from the next call on: the other way
          too, where you take it out.
        </Text>
        <TagsInput label="Groups" value={groups} onChange={chooseGroups} />
      </Confirm>
      {status === 'ACTIVE' && (
        <Confirm label="Suspend" title={`Suspend ${name}?`} deed="Suspend" isGrave onConfirm={of(suspend)}>
          <Text>
            Nothing is exchanged from now on: its feeds end at once, and its requests are refused. What it has
            received already stays with it. You can resume it at any time.
          </Text>
        </Confirm>
      )}
      {status === 'SUSPENDED' && (
        <Confirm label="Resume" title={`Resume ${name}?`} deed="Resume" onConfirm={of(resume)}>
          <Text>It gets again what the sharing rules open to it, and what it has missed.</Text>
        </Confirm>
      )}
      {status !== 'REMOVED' && (
        <Confirm label="Remove" title={`Remove ${name}?`} deed="Remove" isGrave onConfirm={of(remove)}>
          <Text>
            It is no partner any more and its groups are taken from it. To come back it needs a new
            invitation. What it has received already stays with it.
          </Text>
        </Confirm>
      )}
    </Group>
  );
}
