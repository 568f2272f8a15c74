import { Alert, Anchor, Button, Card, Group, Modal, Stack, Table, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { Link, useSearchParams } from 'react-router';
import { useMutation, useQuery } from 'urql';
import { Empty } from '../components/empty.tsx';
import { Page } from '../components/page.tsx';
import { Failure, Shown } from '../components/shown.tsx';
import { durationText, When } from '../components/when.tsx';
import {
  AuthoritiesDocument,
  type AuthorityPartsFragment,
  AuthorityWithTermsDocument,
  HandOverDocument,
  NodeDocument,
} from '../operations/generated/documents.ts';
import { REASONS, stateOf } from './authority/words.ts';

export function Component() {
  const [params] = useSearchParams();
  const book = params.get('book');
  return book === null ? <All /> : <One book={book} />;
}

function All() {
  const [authorities] = useQuery({ query: AuthoritiesDocument });
  return (
    <Page title="Authority">
      <Shown of={authorities}>
        {({ authorities: list }) =>
          list.length === 0 ? (
            <Empty what="No book here has an appointed authority: each is approved by its owner alone.">
              So that a book goes on while your node is down, appoint a backup and a witness:{' '}
              <code>lotbook authority appoint BOOK --backup ORGANISATION --witness ORGANISATION</code>
            </Empty>
          ) : (
            <Stack>
              {list.map((authority) => (
                <Standing key={authority.book} authority={authority} />
              ))}
            </Stack>
          )
        }
      </Shown>
    </Page>
  );
}

function Standing({ authority }: { authority: AuthorityPartsFragment }) {
  const { book, holder, term, since, why } = authority;
  const { text, isAlarm } = stateOf(authority);
  return (
    <Card withBorder component="section" aria-label={book}>
      <Anchor component={Link} to={`/authority?${new URLSearchParams({ book }).toString()}`} fw={600}>
        {book}
      </Anchor>
      <Text>
        {holder} approves since <When at={since} />, term {term}: {REASONS[why]}.
      </Text>
      <Text c={isAlarm ? 'red' : undefined}>{text}</Text>
    </Card>
  );
}

function One({ book }: { book: string }) {
  const [found] = useQuery({ query: AuthorityWithTermsDocument, variables: { book } });
  return (
    <Page title={`Authority of ${book}`}>
      <Shown of={found}>
        {({ authority }) => {
          if (!authority)
            return <Empty what="This book has no appointed authority.">Its owner approves alone.</Empty>;
          const { text, isAlarm } = stateOf(authority);
          return (
            <Stack>
              <Alert color={isAlarm ? 'red' : 'leaf'} title={text} />
              <Facts authority={authority} />
              <HandOver authority={authority} />
              {authority.evidence.map(({ kind, detail, at }) => (
                <Alert key={kind + detail} color="red" title="Two signed statements contradict each other">
                  {detail}, noticed <When at={at} />
                </Alert>
              ))}
              <Terms terms={authority.terms} />
            </Stack>
          );
        }}
      </Shown>
    </Page>
  );
}

function Facts({ authority }: { authority: AuthorityPartsFragment }) {
  const { primary, backup, witness, insync, lag, final, proposed, mode, leaseMs, takeoverMs, heardAgoMs } =
    authority;
  const facts: readonly (readonly [string, string | null])[] = [
    ['Primary', primary],
    ['Backup', backup ?? 'nobody takes over'],
    ['Witness', witness ?? 'none: the primary keeps the register'],
    ['Hold every entry', insync.join(', ')],
    ['Entries that are final here', final?.toString() ?? null],
    ['Proposed and not final yet', proposed?.toString() ?? null],
    ['Entries that the other member lacks', lag?.toString() ?? null],
    [
      'The other member was heard',
      heardAgoMs === null || heardAgoMs === undefined ? null : `${durationText(heardAgoMs)} ago`,
    ],
    ['Without a quorum', mode === 'STRICT' ? 'requests wait' : 'answers are provisional'],
    ['Lease', durationText(leaseMs)],
    ['Silence until the backup takes over', durationText(takeoverMs)],
  ];
  return (
    <Table>
      <Table.Tbody>
        {facts.flatMap(([name, value]) =>
          value === null ? (
            []
          ) : (
            <Table.Tr key={name}>
              <Table.Th scope="row" fw={400} w={280}>
                {name}
              </Table.Th>
              <Table.Td>{value}</Table.Td>
            </Table.Tr>
          ),
        )}
      </Table.Tbody>
    </Table>
  );
}

/** Giving the right away is a planned thing: it is said what happens, and asked once more. */
function HandOver({
  authority: { book, holder, primary, backup, insync },
}: {
  authority: AuthorityPartsFragment;
}) {
  const [isOpen, { open, close }] = useDisclosure(false);
  const [node] = useQuery({ query: NodeDocument });
  const [handed, handOver] = useMutation(HandOverDocument);
  const caller = node.data?.node.caller;
  const other = holder === primary ? backup : primary;
  const isPossible =
    caller?.roles.includes('ADMINISTRATOR') && caller.organisation === holder && insync.length > 1;
  const error = handed.data?.handOverAuthority.error;
  if (!isPossible || !other) return null;
  return (
    <>
      <Group>
        <Button variant="default" onClick={open}>
          Hand the right over to {other}
        </Button>
      </Group>
      {error && <Failure message={error.message} duty={error.duty} />}
      <Modal opened={isOpen} onClose={close} title={`Hand the right over to ${other}?`}>
        <Stack>
          <Text>
            {other} approves updates from then on, without a pause for anybody. Hand it back from its node, or
            here once it is back.
          </Text>
          <Group>
            <Button loading={handed.fetching} onClick={() => void handOver({ book }).then(close)}>
              Hand over
            </Button>
            <Button variant="default" onClick={close}>
              Cancel
            </Button>
          </Group>
        </Stack>
      </Modal>
    </>
  );
}

function Terms({
  terms,
}: {
  terms: readonly {
    n: number;
    holder: string;
    why: keyof typeof REASONS;
    since: string;
    confirmedBy?: string | null;
  }[];
}) {
  return (
    <Table.ScrollContainer minWidth={560}>
      <Table striped>
        <Table.Caption>Terms: each unbroken holding of the right</Table.Caption>
        <Table.Thead>
          <Table.Tr>
            <Table.Th ta="right">Term</Table.Th>
            <Table.Th>Holder</Table.Th>
            <Table.Th>Why</Table.Th>
            <Table.Th>Since</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {terms.toReversed().map(({ n, holder, why, since, confirmedBy }) => (
            <Table.Tr key={n}>
              <Table.Td ta="right">{n}</Table.Td>
              <Table.Td>{holder}</Table.Td>
              <Table.Td>
                {REASONS[why]}
                {confirmedBy ? `, on the word of ${confirmedBy}` : ''}
              </Table.Td>
              <Table.Td>
                <When at={since} />
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}
