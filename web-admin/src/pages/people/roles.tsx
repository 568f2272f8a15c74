import { Button, CloseButton, Group, Select, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { useQuery } from 'urql';
import { BooksDocument, type Role } from '../../operations/generated/documents.ts';

export interface Assignment {
  role: Role;
  book: string | null;
}

export const ROLES: Readonly<Record<Role, string>> = {
  VIEWER: 'Viewer: reads',
  EDITOR: 'Editor: reads, asks for updates',
  APPROVER: 'Approver: reads, decides requests',
  INVESTIGATOR: 'Investigator: reads, works on cases',
  AUDITOR: 'Auditor: reads, exports, the access log',
  ADMINISTRATOR: 'Administrator: everything',
};

const EVERYWHERE = '*';
const NONE: readonly Role[] = [];

/** Roles, and where each counts: in all books and the node as a whole, or in one book. */
export function RolesInput({
  value,
  onChange,
  without = NONE,
}: {
  value: readonly Assignment[];
  onChange: (roles: Assignment[]) => void;
  without?: readonly Role[];
}) {
  const [{ data }] = useQuery({ query: BooksDocument });
  const [role, setRole] = useState<Role>('VIEWER');
  const [book, setBook] = useState(EVERYWHERE);
  const choices = Object.entries(ROLES).filter(([each]) => !without.includes(each as Role));
  const add = (): void => {
    const next = { role, book: book === EVERYWHERE ? null : book };
    onChange([...value.filter((each) => each.role !== next.role || each.book !== next.book), next]);
  };
  return (
    <Stack gap="xs">
      {value.length === 0 ? <Text size="sm">No role yet: add one.</Text> : null}
      {value.map((each) => (
        <Group key={each.role + (each.book ?? '')} gap="xs">
          <Text size="sm">{roleText(each)}</Text>
          <CloseButton
            size="sm"
            aria-label={`Take away ${roleText(each)}`}
            onClick={() => onChange(value.filter((other) => other !== each))}
          />
        </Group>
      ))}
      <Group align="end">
        <Select
          label="Role"
          data={choices.map(([each, label]) => ({ value: each, label }))}
          value={role}
          allowDeselect={false}
          onChange={(next) => next && setRole(next as Role)}
          w={280}
        />
        <Select
          label="Where"
          data={[
            { value: EVERYWHERE, label: 'in all books' },
            ...(data?.books ?? []).map(({ id, title }) => ({ value: id, label: `in ${title} (${id})` })),
          ]}
          value={book}
          allowDeselect={false}
          onChange={(next) => next && setBook(next)}
          w={280}
        />
        <Button variant="default" onClick={add}>
          Add the role
        </Button>
      </Group>
    </Stack>
  );
}

export function roleText({ role, book }: Assignment): string {
  const name = ROLES[role].replace(/:.*/, '');
  return book === null ? `${name} everywhere` : `${name} in ${book}`;
}

export function RoleList({ roles }: { roles: readonly Assignment[] }) {
  if (roles.length === 0) return 'none';
  return roles.map((each) => <div key={each.role + (each.book ?? '')}>{roleText(each)}</div>);
}
