import { Alert, Anchor, Card, Stack, Table, Text, Title } from '@mantine/core';
import { useEffect, useState } from 'react';
import { Link } from 'react-router';
import { useQuery } from 'urql';
import { When } from '../../components/when.tsx';
import {
  KeysOfDocument,
  RecordProofDocument,
  type RecordProofQuery,
} from '../../operations/generated/documents.ts';
import { valueText } from '../record/words.ts';
import { checkSignature, readToken, type Signature, type Statement } from './proof.ts';

type Record = NonNullable<RecordProofQuery['record']>;
type Key = { number: number; kid: string; fingerprint: string; revoked?: string | null; statement: string };

const SIGNATURES: Readonly<{ [S in Signature]: string }> = {
  GOOD: 'The signature is genuine: this browser has checked it.',
  BAD: 'The signature is NOT genuine. Tell whoever runs this node.',
  KEY_UNKNOWN: 'The key that signed is not in the key log that is known here.',
  CANNOT_CHECK: 'This browser cannot check such signatures; the node has, when the record came.',
};

/** What one book says of a lot, and how that is proved; nothing where it says nothing that one may see. */
export function RecordCard({
  book,
  title,
  id,
  organisation,
}: {
  book: string;
  title: string;
  id: string;
  organisation: (id: string) => string;
}) {
  const [found] = useQuery({ query: RecordProofDocument, variables: { book, id } });
  const record = found.data?.record;
  const [statement, setStatement] = useState<Statement | null>(null);
  const [signature, setSignature] = useState<Signature | null>(null);
  const [keys] = useQuery({
    query: KeysOfDocument,
    variables: { organisation: statement?.issuer ?? '' },
    pause: statement === null,
  });
  const log = keys.data?.keys?.keys;
  useEffect(() => {
    if (!record) return;
    void readToken(record.token, record.disclosures).then(setStatement);
  }, [record]);
  useEffect(() => {
    if (!record || keys.fetching || !(keys.data ?? keys.error)) return;
    void checkSignature(record.token, log ?? []).then(setSignature);
  }, [record, keys.fetching, keys.data, keys.error, log]);
  if (!record) return null;
  return (
    <Card withBorder component="section" aria-label={title}>
      <Stack gap="xs">
        <Title order={3} size="h5">
          <Anchor component={Link} to={`/record?${new URLSearchParams({ book, id }).toString()}`} inherit>
            {title}
          </Anchor>
        </Title>
        {record.erased && <Alert title="This record was erased">{record.erased}</Alert>}
        {statement && (
          <Proof
            record={record}
            statement={statement}
            signature={signature}
            keyUsed={log?.find(({ kid }) => kid === statement.kid)}
            organisation={organisation}
          />
        )}
        <Fields record={record} statement={statement} />
      </Stack>
    </Card>
  );
}

function Proof({
  record,
  statement,
  signature,
  keyUsed,
  organisation,
}: {
  record: Record;
  statement: Statement;
  signature: Signature | null;
  keyUsed: Key | undefined;
  organisation: (id: string) => string;
}) {
  const { issuer, version, seq, term, at, slots, proved, isWhole } = statement;
  const isFine = isWhole && (signature === null || signature === 'GOOD');
  const words =
    signature === null
      ? 'Checking the signature.'
      : isWhole
        ? SIGNATURES[signature]
        : 'A field is not what was signed.';
  return (
    <Alert variant="default" className={isFine ? 'proof' : 'attention'} title={words}>
      <Text size="sm">
        Version {version}, signed by {organisation(issuer)} in term {term},{' '}
        <When at={new Date(at).toISOString()} />, as entry {seq} of the book.
      </Text>
      {keyUsed && (
        <Text size="sm">
          Key {keyUsed.number} of its key log, <span className="id">{keyUsed.fingerprint}</span>
          {keyUsed.revoked ? `, revoked: ${keyUsed.revoked}` : ''}.
        </Text>
      )}
      <Text size="sm">
        {proved.length} fields are opened to you and proved, of {slots} places in the token. What the others
        hold is withheld, or nothing at all: that is not told.
        {record.withheld.length > 0 ? ` Withheld: ${record.withheld.join(', ')}.` : ''}
      </Text>
    </Alert>
  );
}

function Fields({ record, statement }: { record: Record; statement: Statement | null }) {
  const fields = Object.entries(record.fields as Readonly<{ [name: string]: unknown }>);
  const proved = new Set(statement?.proved);
  const grants = new Map(record.permitted.map(({ field, grants: by }) => [field, by]));
  return (
    <Table.ScrollContainer
      minWidth={300}
      scrollAreaProps={{ viewportProps: { tabIndex: 0, role: 'group', 'aria-label': 'Fields' } }}
    >
      <Table striped>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Field</Table.Th>
            <Table.Th>Value</Table.Th>
            <Table.Th>Proof</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {fields.map(([name, value]) => (
            <Table.Tr key={name}>
              <Table.Th scope="row" fw={400} className="id">
                {name}
              </Table.Th>
              <Table.Td className="long">{valueText(value)}</Table.Td>
              <Table.Td>
                {proved.has(name) ? 'signed' : '-'}
                {grants.get(name)?.length ? `, by ${grants.get(name)?.length} rules` : ''}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}
