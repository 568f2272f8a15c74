import { Badge, Text } from '@mantine/core';
import { type Column, Listing } from './listing.tsx';
import { When } from './when.tsx';

interface ShownKey {
  number: number;
  kid: string;
  fingerprint: string;
  algorithm: string;
  since: string;
  revoked: string | null;
}

/** The keys of an organisation, the one in force first. */
export function KeyList({ keys }: { keys: readonly ShownKey[] }) {
  const last = keys.at(-1)?.number;
  const columns: readonly Column<ShownKey>[] = [
    { head: 'Key', cell: ({ number }) => number, isNumber: true },
    {
      head: 'State',
      cell: ({ number, revoked }) => {
        if (revoked !== null) return `revoked: ${revoked}`;
        return number === last ? (
          <Badge variant="outline" className="plain">
            in force
          </Badge>
        ) : (
          'was replaced; what it signed stays valid'
        );
      },
    },
    {
      head: 'Fingerprint',
      cell: ({ fingerprint, kid, algorithm }) => (
        <>
          <Text className="id">{fingerprint}</Text>
          <Text className="id" c="dimmed">
            {algorithm}, thumbprint {kid}
          </Text>
        </>
      ),
    },
    { head: 'Since, as it says', cell: ({ since }) => <When at={since} /> },
  ];
  return <Listing label="Keys" columns={columns} rows={keys.toReversed()} keyOf={(key) => key.number} />;
}
