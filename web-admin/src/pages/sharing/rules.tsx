import { Button, Group, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { useQuery } from 'urql';
import { useCaller } from '../../components/caller.ts';
import { Confirm } from '../../components/confirm.tsx';
import { useDeed } from '../../components/deed.ts';
import { type Column, Listing } from '../../components/listing.tsx';
import { useNames } from '../../components/names.ts';
import { Shown } from '../../components/shown.tsx';
import { useNow } from '../../components/now.ts';
import { When } from '../../components/when.tsx';
import {
  EndGrantDocument,
  type GrantPartsFragment,
  GrantsDocument,
} from '../../operations/generated/documents.ts';
import { ruleText } from './words.ts';

const MINUTE_MS = 60_000;

/** @param none what is said where there is none */
export function Rules({
  book,
  isShown,
  none,
  onTryWithout,
}: {
  book: string;
  isShown: (grant: GrantPartsFragment) => boolean;
  none: ReactNode;
  onTryWithout?: (id: string) => void;
}) {
  const [grants] = useQuery({ query: GrantsDocument, variables: { book } });
  const nameOf = useNames();
  const columns: readonly Column<GrantPartsFragment>[] = [
    {
      head: 'Rule',
      cell: (grant) => (
        <>
          {grant.title && <Text fw={600}>{grant.title}</Text>}
          <Text inherit>{ruleText(grant, nameOf)}</Text>
        </>
      ),
    },
    { head: 'Purpose', cell: ({ purpose }) => purpose },
    { head: 'Until', cell: ({ until }) => (until ? <When at={until} /> : 'it is ended') },
    { head: 'Change', cell: (grant) => <Deeds grant={grant} onTryWithout={onTryWithout} /> },
  ];
  return (
    <Shown of={grants}>
      {({ grants: list }) =>
        list.some(isShown) ? (
          <Listing
            label="Sharing rules"
            columns={columns}
            rows={list.filter(isShown)}
            keyOf={({ id }) => id}
            minWidth={760}
          />
        ) : (
          none
        )
      }
    </Shown>
  );
}

function Deeds({
  grant,
  onTryWithout,
}: {
  grant: GrantPartsFragment;
  onTryWithout: ((id: string) => void) | undefined;
}) {
  const { has } = useCaller();
  const [end] = useDeed(EndGrantDocument);
  const now = useNow(MINUTE_MS);
  const { id, book, until, title } = grant;
  if (until !== null && Date.parse(until) <= now) return 'has ended';
  return (
    <Group gap="xs">
      {onTryWithout && (
        <Button variant="default" onClick={() => onTryWithout(id)}>
          Try without it
        </Button>
      )}
      {has('ADMINISTRATOR') && (
        <Confirm
          label="End"
          title={`End ${title ?? 'this rule'}?`}
          deed="End the rule"
          isGrave
          onConfirm={() => end({ book, id })}
        >
          <Text>
            From now on nothing is handed out under it. What was received stays with who has it. It cannot be
            taken back: add another rule then.
          </Text>
        </Confirm>
      )}
    </Group>
  );
}
