import { Anchor, Badge, Group, Stack, Text } from '@mantine/core';
import { Link } from 'react-router';
import { useQuery } from 'urql';
import { useCaller } from '../components/caller.ts';
import { Empty } from '../components/empty.tsx';
import { type Column, Listing } from '../components/listing.tsx';
import { Page } from '../components/page.tsx';
import { Shown } from '../components/shown.tsx';
import { When } from '../components/when.tsx';
import { type PartnerPartsFragment, PartnersDocument } from '../operations/generated/documents.ts';
import { Accept } from './partners/accept.tsx';
import { Invite } from './partners/invite.tsx';
import { reachOf, STATES } from './partners/words.ts';

export function Component() {
  const [partners, again] = useQuery({ query: PartnersDocument });
  const { has } = useCaller();
  const refresh = (): void => again({ requestPolicy: 'network-only' });
  return (
    <Page title="Partners">
      <Shown of={partners}>
        {({ partners: list }) =>
          list.length === 0 ? (
            <Empty what="You have no partner yet.">
              Invite somebody whom you buy from or sell to, or accept the link that they sent you.
            </Empty>
          ) : (
            <Listing label="Partners" columns={COLUMNS} rows={list} keyOf={(each) => each.organisation} />
          )
        }
      </Shown>
      {has('ADMINISTRATOR') && (
        <Stack>
          <Invite />
          <Accept onAccepted={refresh} />
        </Stack>
      )}
    </Page>
  );
}

const COLUMNS: readonly Column<PartnerPartsFragment>[] = [
  {
    head: 'Partner',
    cell: ({ organisation, name }) => (
      <>
        <Anchor component={Link} to={`/partner?${new URLSearchParams({ organisation }).toString()}`} fw={600}>
          {name}
        </Anchor>
        <Text className="id" c="dimmed">
          {organisation}
        </Text>
      </>
    ),
  },
  {
    head: 'State',
    cell: ({ status }) => (
      <Badge variant="outline" color={STATES[status].color} className="plain">
        {STATES[status].text}
      </Badge>
    ),
  },
  {
    head: 'Its node',
    cell: (partner) => (
      <>
        <Text inherit fw={partner.unreachable ? 600 : undefined}>
          {reachOf(partner)}
        </Text>
        {partner.unreachableSince && (
          <Text size="sm">
            since <When at={partner.unreachableSince} />: {partner.unreachable}
          </Text>
        )}
      </>
    ),
  },
  {
    head: 'Groups',
    cell: ({ groups }) => (
      <Group gap={4}>
        {groups.map((group) => (
          <Badge key={group} variant="default" className="plain">
            {group}
          </Badge>
        ))}
      </Group>
    ),
  },
  { head: 'Since', cell: ({ since }) => <When at={since} /> },
];
