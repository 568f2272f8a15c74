import { Group, Stack, Text, Title } from '@mantine/core';
import { useState } from 'react';
import { useQuery } from 'urql';
import { Confirm } from '../components/confirm.tsx';
import { useDeed } from '../components/deed.ts';
import { LinkToGive } from '../components/link-to-give.tsx';
import { type Column, Listing } from '../components/listing.tsx';
import { Page } from '../components/page.tsx';
import { Shown } from '../components/shown.tsx';
import { When } from '../components/when.tsx';
import {
  InviteAgainDocument,
  PeopleDocument,
  type PersonPartsFragment,
  ResumePersonDocument,
  SetRolesDocument,
  SuspendPersonDocument,
} from '../operations/generated/documents.ts';
import { InvitePerson } from './people/invite.tsx';
import { type Assignment, RoleList, RolesInput } from './people/roles.tsx';
import { Programs } from './people/programs.tsx';

export function Component() {
  const [people] = useQuery({ query: PeopleDocument });
  return (
    <Page title="People">
      <Shown of={people}>
        {({ people: list }) => (
          <>
            <Listing label="People" columns={COLUMNS} rows={list} keyOf={({ id }) => id} minWidth={860} />
            <InvitePerson />
            <Title order={3}>Programs</Title>
            <Programs />
          </>
        )}
      </Shown>
    </Page>
  );
}

const STATES = { INVITED: 'has not used the link yet', ACTIVE: 'active', SUSPENDED: 'suspended' } as const;

const COLUMNS: readonly Column<PersonPartsFragment>[] = [
  {
    head: 'Person',
    cell: ({ name, email, issuer }) => (
      <>
        <Text fw={600}>{name ?? 'first administrator'}</Text>
        <Text size="sm" c="dimmed">
          {email}
          {issuer ? `, let in by ${issuer}` : ''}
        </Text>
      </>
    ),
  },
  { head: 'State', cell: ({ status }) => STATES[status] },
  { head: 'Roles', cell: ({ roles }) => <RoleList roles={roles} /> },
  { head: 'Last logged in', cell: ({ lastLoginAt }) => (lastLoginAt ? <When at={lastLoginAt} /> : 'never') },
  { head: 'Change', cell: (person) => <Deeds person={person} /> },
];

function Deeds({ person }: { person: PersonPartsFragment }) {
  const { id, status } = person;
  const name = person.name ?? 'this person';
  const [setRoles] = useDeed(SetRolesDocument);
  const [suspend] = useDeed(SuspendPersonDocument);
  const [resume] = useDeed(ResumePersonDocument);
  const [inviteAgain] = useDeed(InviteAgainDocument);
  const [roles, chooseRoles] = useState<Assignment[]>(person.roles);
  const [made, setMade] = useState<{ link: string; expiresAt: string }>();
  return (
    <Stack gap="xs">
      <Group gap="xs">
        <Confirm
          label="Roles"
          title={`Roles of ${name}`}
          deed="Save"
          onConfirm={() => setRoles({ person: id, roles })}
        >
          <RolesInput value={roles} onChange={chooseRoles} />
          <Text size="sm">They count from the next call on.</Text>
        </Confirm>
        <Confirm
          label="New link"
          title={`A new link for ${name}?`}
          deed="Make a link"
          onConfirm={async () => {
            const outcome = await inviteAgain({ person: id });
            const { link, expiresAt } = outcome.payload ?? {};
            if (link && expiresAt) setMade({ link, expiresAt });
            return outcome;
          }}
        >
          <Text>
            For who has forgotten the password, or whose link has expired. It takes the place of the link
            before; once it is used, every session that there was is ended.
          </Text>
        </Confirm>
        {status === 'SUSPENDED' ? (
          <Confirm
            label="Resume"
            title={`Let ${name} in again?`}
            deed="Resume"
            onConfirm={() => resume({ person: id })}
          >
            <Text>With the same roles and password as before.</Text>
          </Confirm>
        ) : (
          <Confirm
            label="Suspend"
            title={`Suspend ${name}?`}
            deed="Suspend"
            isGrave
            onConfirm={() => suspend({ person: id })}
          >
            <Text>All sessions end now, and nobody comes in as {name} until you resume it.</Text>
          </Confirm>
        )}
      </Group>
      {made && (
        <LinkToGive {...made}>
          <Text size="sm">Whoever opens it chooses a password and is {name}.</Text>
        </LinkToGive>
      )}
    </Stack>
  );
}
