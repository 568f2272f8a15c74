import './trace/trace.css';
import { Alert, Anchor, Card, Group, Pill, SegmentedControl, Stack, Table, Text, Title } from '@mantine/core';
import { useMemo } from 'react';
import { useSearchParams } from 'react-router';
import { useQuery } from 'urql';
import { Empty } from '../components/empty.tsx';
import { IdentifierForm } from '../components/identifier-form.tsx';
import { shortOf, useMasterData } from '../components/names.ts';
import { Page } from '../components/page.tsx';
import { Shown } from '../components/shown.tsx';
import { ReconcileDocument, type ReconcileQuery } from '../operations/generated/documents.ts';
import { type BalanceQuestion, inputOf, paramsOf, questionOf } from './balance/question.ts';
import { FindingList } from './balance/findings.tsx';
import { OneLot } from './balance/one-lot.tsx';
import { Sankey } from './balance/sankey.tsx';
import { accountOfChain, type Balance, shareText } from './balance/words.ts';
import { amountText, unitText } from './trace/words.ts';

type Reconciliation = ReconcileQuery['reconcile'];
type NameOf = (id: string) => string;

const REACHES = [
  { value: 'BOTH', label: 'Whole chain' },
  { value: 'BACK', label: 'What it was made of' },
  { value: 'FORWARD', label: 'What was made of it' },
  { value: 'ALONE', label: 'This lot alone' },
];

/** In = used + shipped + sold + waste + returned + stock: where it does not hold, somebody has to look. */
export function Component() {
  const [params, setParams] = useSearchParams();
  const question = questionOf(params);
  const { starts, reach } = question;
  const change = (part: Partial<BalanceQuestion>): void =>
    setParams(paramsOf({ ...question, ...part }), { replace: true });
  const [found] = useQuery({
    query: ReconcileDocument,
    variables: { input: inputOf(question) },
    pause: starts.length === 0,
  });
  const chosen = params.get('lot');
  const choose = (lot: string): void => {
    const next = paramsOf(question);
    next.set('lot', lot);
    setParams(next, { replace: true });
  };
  const names = useMasterData(useMemo(() => idsOf(found.data?.reconcile), [found.data]));
  const nameOf: NameOf = (id) => names.get(id)?.name ?? shortOf(id);
  return (
    <Page title="Mass balance">
      <IdentifierForm
        label="Balance a lot, or what happened at a place"
        action="Add"
        onRead={({ identifier }) => change({ starts: [...new Set([...starts, identifier])] })}
      />
      {starts.length === 0 ? (
        <Empty what="Which lots?">
          Their accounts come here: what was made and received, and what became of it. Trace a lot, choose
          others, and take them along with “Mass balance”.
        </Empty>
      ) : (
        <Group>
          <Pill.Group>
            {starts.map((id) => (
              <Pill
                key={id}
                size="md"
                withRemoveButton
                removeButtonProps={{ 'aria-label': `Leave out ${id}`, tabIndex: 0, 'aria-hidden': false }}
                onRemove={() => change({ starts: starts.filter((each) => each !== id) })}
              >
                {nameOf(id)}
              </Pill>
            ))}
          </Pill.Group>
          <SegmentedControl
            aria-label="How far"
            data={REACHES}
            value={reach}
            onChange={(next) => change({ reach: next as BalanceQuestion['reach'] })}
          />
        </Group>
      )}
      {starts.length > 0 && (
        <Shown of={found}>
          {({ reconcile }) => <Result found={reconcile} nameOf={nameOf} chosen={chosen} onChoose={choose} />}
        </Shown>
      )}
    </Page>
  );
}

function idsOf(found: Reconciliation | undefined): string[] {
  return [
    ...(found?.lots.map(({ lot }) => productOf(lot)) ?? []),
    ...(found?.findings.flatMap(({ site }) => site ?? []) ?? []),
  ];
}

function productOf(lot: string): string {
  return lot.replace(/\/(?:10|21)\/[^/]*$/, '');
}

function Result({
  found,
  nameOf,
  chosen,
  onChoose,
}: {
  found: Reconciliation;
  nameOf: NameOf;
  chosen: string | null;
  onChoose: (lot: string) => void;
}) {
  const lot =
    found.lots.find((each) => each.lot === chosen) ?? (found.lots.length === 1 ? found.lots[0] : undefined);
  if (found.lots.length === 0)
    return (
      <Empty what="No quantity of these lots is on record, as far as you may see.">
        Ask the partners who had them.
      </Empty>
    );
  return (
    <Stack>
      {found.isCut && (
        <Alert
          variant="default"
          className="attention"
          title="There is more than was looked at: the sums are not whole."
        />
      )}
      {found.lots.length > 1 &&
        found.totals.map((total) => (
          <Card
            withBorder
            key={total.unit}
            component="section"
            aria-label={`Whole chain in ${unitText(total.unit)}`}
          >
            <Title order={3} size="h5">
              Whole chain, {total.lots} lots in {unitText(total.unit)}
            </Title>
            <Text size="sm">
              Unexplained: <b>{amountText(total.unexplained, total.unit)}</b>
              {total.reconciled === null || total.reconciled === undefined
                ? ''
                : `, ${((1 - total.reconciled) * 100).toFixed(1)} % of what came in`}
              . A lot that is used for another counts in both.
            </Text>
            <Sankey account={accountOfChain(total)} title={`Whole chain in ${unitText(total.unit)}`} />
          </Card>
        ))}
      <FindingList findings={found.findings} nameOf={nameOf} />
      {lot && <OneLot lot={lot} product={nameOf(productOf(lot.lot))} />}
      <Lots lots={found.lots} nameOf={nameOf} chosen={lot?.lot} onChoose={onChoose} />
    </Stack>
  );
}

const COLUMNS = ['made', 'received', 'used', 'shipped', 'sold', 'waste', 'returned', 'left'] as const;

function Lots({
  lots,
  nameOf,
  chosen,
  onChoose,
}: {
  lots: readonly Balance[];
  nameOf: NameOf;
  chosen: string | undefined;
  onChoose: (lot: string) => void;
}) {
  return (
    <Table.ScrollContainer minWidth={1000}>
      <Table striped highlightOnHover>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Lot</Table.Th>
            <Table.Th>Product</Table.Th>
            <Table.Th>Unit</Table.Th>
            {COLUMNS.map((name) => (
              <Table.Th key={name} ta="right">
                {name}
              </Table.Th>
            ))}
            <Table.Th ta="right">stock</Table.Th>
            <Table.Th ta="right">unexplained</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {lots.map((lot) => (
            <Table.Tr key={lot.lot}>
              <Table.Td>
                <Anchor
                  className="whole"
                  component="button"
                  type="button"
                  aria-pressed={lot.lot === chosen}
                  onClick={() => onChoose(lot.lot)}
                >
                  {shortOf(lot.lot)}
                </Anchor>
              </Table.Td>
              <Table.Td>{nameOf(productOf(lot.lot))}</Table.Td>
              <Table.Td>{unitText(lot.unit)}</Table.Td>
              {COLUMNS.map((name) => (
                <Table.Td key={name} ta="right">
                  {lot[name]}
                </Table.Td>
              ))}
              <Table.Td ta="right">{lot.stock ?? '-'}</Table.Td>
              <Table.Td ta="right" fw={lot.unexplained === '0' ? undefined : 600}>
                {lot.unexplained} <br />
                {lot.unexplained === '0'
                  ? ''
                  : shareText(lot.unexplained, lot.made === '0' ? lot.received : lot.made)}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}
