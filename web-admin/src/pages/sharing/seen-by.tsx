import { Button, Group, Select, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { useQuery } from 'urql';
import { Empty } from '../../components/empty.tsx';
import { type Column, Listing } from '../../components/listing.tsx';
import { Shown } from '../../components/shown.tsx';
import { PartnersDocument, SeenByDocument, type SeenByQuery } from '../../operations/generated/documents.ts';
import { KINDS, titleOf, valueText } from '../record/words.ts';

type Seen = SeenByQuery['records']['edges'][number]['node'];

/** A book with the eyes of a partner: by the function that decides what the partner's own calls get. */
export function SeenBy({
  book,
  partner,
  onPartner,
}: {
  book: string;
  partner: string | null;
  onPartner: (organisation: string) => void;
}) {
  const [{ data }] = useQuery({ query: PartnersDocument });
  return (
    <Stack>
      <Select
        label="With the eyes of"
        placeholder="a partner"
        data={(data?.partners ?? [])
          .filter(({ status }) => status === 'ACTIVE')
          .map(({ organisation, name }) => ({ value: organisation, label: name }))}
        value={partner}
        onChange={(next) => next && onPartner(next)}
        w={320}
        maw="100%"
      />
      {partner && <List key={book + partner} book={book} viewAs={partner} />}
    </Stack>
  );
}

function List({ book, viewAs }: { book: string; viewAs: string }) {
  const [places, setPlaces] = useState<(string | null)[]>([null]);
  const [records] = useQuery({ query: SeenByDocument, variables: { book, viewAs, after: places.at(-1) } });
  return (
    <Shown of={records}>
      {({ records: { edges, pageInfo } }) =>
        edges.length === 0 ? (
          <Empty what="It sees nothing of this book.">
            No rule that is in force opens a field of a record to it.
          </Empty>
        ) : (
          <>
            <Listing
              label="What the partner sees"
              columns={COLUMNS}
              rows={edges.map(({ node }) => node)}
              keyOf={({ id }) => id}
            />
            <Group>
              <Button
                variant="default"
                disabled={places.length === 1}
                onClick={() => setPlaces(places.slice(0, -1))}
              >
                Back
              </Button>
              <Button
                variant="default"
                disabled={!pageInfo.hasNextPage}
                onClick={() => setPlaces([...places, pageInfo.endCursor ?? null])}
              >
                More
              </Button>
            </Group>
          </>
        )
      }
    </Shown>
  );
}

const COLUMNS: readonly Column<Seen>[] = [
  {
    head: 'Record',
    cell: (record) => (
      <>
        <Text inherit>{titleOf(record)}</Text>
        <Text size="sm" c="dimmed">
          {KINDS[record.kind]}, version {record.version}
        </Text>
      </>
    ),
  },
  {
    head: 'It sees',
    cell: ({ fields }) =>
      Object.entries(fields as Record<string, unknown>).map(([name, value]) => (
        <div key={name}>
          <span className="id">{name}</span>: {valueText(value)}
        </div>
      )),
  },
  {
    head: 'Withheld from it',
    cell: ({ withheld }) =>
      withheld.length === 0 ? 'nothing' : <span className="id">{withheld.join(', ')}</span>,
  },
];
