import { Anchor, Table } from '@mantine/core';
import { Link } from 'react-router';
import { useQuery } from 'urql';
import { Page } from '../components/page.tsx';
import { Shown } from '../components/shown.tsx';
import { When } from '../components/when.tsx';
import { BooksDocument } from '../operations/generated/documents.ts';

export function Component() {
  const [books] = useQuery({ query: BooksDocument });
  return (
    <Page title="Books">
      <Shown of={books}>
        {({ books: list }) => (
          <Table.ScrollContainer minWidth={640}>
            <Table striped>
              <Table.Thead>
                <Table.Tr>
                  <Table.Th>Title</Table.Th>
                  <Table.Th>Owner</Table.Th>
                  <Table.Th>Approves now</Table.Th>
                  <Table.Th ta="right">Entries</Table.Th>
                  <Table.Th>Since</Table.Th>
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {list.map(({ id, title, owner, authority, length, createdAt }) => (
                  <Table.Tr key={id}>
                    <Table.Td>
                      <Anchor component={Link} to={`/records?book=${encodeURIComponent(id)}`}>
                        {title}
                      </Anchor>
                    </Table.Td>
                    <Table.Td>{owner}</Table.Td>
                    <Table.Td>{authority}</Table.Td>
                    <Table.Td ta="right">{length}</Table.Td>
                    <Table.Td>
                      <When at={createdAt} />
                    </Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </Table.ScrollContainer>
        )}
      </Shown>
    </Page>
  );
}
