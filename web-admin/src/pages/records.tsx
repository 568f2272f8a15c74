import { Anchor, Button, Group, MultiSelect, Table, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import { Link } from 'react-router';
import { useQuery } from 'urql';
import { useBook } from '../components/book-choice.tsx';
import { Empty } from '../components/empty.tsx';
import { Page } from '../components/page.tsx';
import { Shown } from '../components/shown.tsx';
import { When } from '../components/when.tsx';
import {
  type RecordKind,
  RecordsDocument,
  type RecordsQueryVariables,
} from '../operations/generated/documents.ts';
import { KINDS, titleOf } from './record/words.ts';

export function Component() {
  const { book, choice } = useBook();
  return (
    <Page title="Records" aside={choice}>
      {book ? (
        <List key={book} book={book} />
      ) : (
        <Empty what="There is no book yet.">Its records would be here.</Empty>
      )}
    </Page>
  );
}

function List({ book }: { book: string }) {
  const [kinds, setKinds] = useState<RecordKind[]>([]);
  const [identifier, setIdentifier] = useState('');
  const [asked, setAsked] = useState('');
  const [pages, setPages] = useState<(string | null)[]>([null]);
  const filter: RecordsQueryVariables['filter'] = {
    ...(kinds.length > 0 && { kinds }),
    ...(asked && { identifiers: [asked] }),
  };
  return (
    <>
      <Group
        align="end"
        component="form"
        onSubmit={(event: React.FormEvent) => {
          event.preventDefault();
          setAsked(identifier.trim());
          setPages([null]);
        }}
      >
        <MultiSelect
          label="Kinds"
          placeholder={kinds.length === 0 ? 'all' : undefined}
          data={Object.entries(KINDS).map(([value, label]) => ({ value, label }))}
          value={kinds}
          onChange={(next) => {
            setKinds(next as RecordKind[]);
            setPages([null]);
          }}
          w={280}
        />
        <TextInput
          label="Lot, product, place or other identifier"
          description="as a GS1 Digital Link, an EPC URN or an element string"
          value={identifier}
          onChange={(event) => setIdentifier(event.currentTarget.value)}
          w={380}
          maw="100%"
        />
        <Button type="submit">Find</Button>
      </Group>
      <Table.ScrollContainer minWidth={640}>
        <Table striped>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Record</Table.Th>
              <Table.Th>Kind</Table.Th>
              <Table.Th ta="right">Version</Table.Th>
              <Table.Th>Changed</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {pages.map((after, index) => (
              <Rows
                key={after ?? ''}
                variables={{ book, filter, after }}
                onMore={index === pages.length - 1 ? (next) => setPages([...pages, next]) : undefined}
              />
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </>
  );
}

function Rows({
  variables,
  onMore,
}: {
  variables: RecordsQueryVariables;
  onMore: ((after: string) => void) | undefined;
}) {
  const [records] = useQuery({ query: RecordsDocument, variables });
  const end = records.data?.records.pageInfo;
  const row = (content: React.ReactNode) => (
    <Table.Tr>
      <Table.Td colSpan={4}>{content}</Table.Td>
    </Table.Tr>
  );
  if (!records.data) return row(<Shown of={records}>{() => null}</Shown>);
  const { edges } = records.data.records;
  return (
    <>
      {edges.length === 0 &&
        !variables.after &&
        row(<Empty what="Nothing is found.">Try another filter.</Empty>)}
      {edges.map(({ node }) => (
        <Table.Tr key={node.id}>
          <Table.Td>
            <Anchor
              component={Link}
              to={`/record?${new URLSearchParams({ book: variables.book, id: node.id }).toString()}`}
            >
              {titleOf(node)}
            </Anchor>
            <Text className="id" c="dimmed">
              {node.id}
            </Text>
          </Table.Td>
          <Table.Td>{KINDS[node.kind]}</Table.Td>
          <Table.Td ta="right">{node.version}</Table.Td>
          <Table.Td>
            <When at={node.updatedAt} />
          </Table.Td>
        </Table.Tr>
      ))}
      {onMore && end?.hasNextPage && end.endCursor
        ? row(
            <Button variant="default" onClick={() => onMore(end.endCursor as string)}>
              More
            </Button>,
          )
        : null}
    </>
  );
}
