import { Button, Checkbox, Group, Select, Stack, Text, TextInput } from '@mantine/core';
import '@mantine/core/styles/Checkbox.css';
import { useState } from 'react';
import { useCaller } from '../../components/caller.ts';
import { Confirm } from '../../components/confirm.tsx';
import { useDeed } from '../../components/deed.ts';
import { type Column, Listing } from '../../components/listing.tsx';
import { useNames } from '../../components/names.ts';
import { When } from '../../components/when.tsx';
import { RemindRecipientsDocument, type ReplyPartsFragment } from '../../operations/generated/documents.ts';
import { choices, DISPOSITIONS, IMPACTS, REPLIES } from '../cases/words.ts';
import { amountText, unitText } from '../trace/words.ts';
import type { NoticeFile } from './draft.ts';
import { Escalate, Link } from './follow-up.tsx';

type Reply = ReplyPartsFragment;

const AT_FIRST = 100;
const KEPT = { ALL: 'all', OVERDUE: 'overdue', ...REPLIES } as const;
type Kept = keyof typeof KEPT;

/** Where each recipient of a notice stands, as it is now; who is silent is reminded, then escalated. */
export function Board({ notice, onDone }: { notice: NoticeFile; onDone: () => void }) {
  const { replies, recipients, state } = notice;
  const [kept, setKept] = useState<Kept>('ALL');
  const [text, setText] = useState('');
  const [most, setMost] = useState(AT_FIRST);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const { has } = useCaller();
  const nameOf = useNames();
  const wanted = text.trim().toLowerCase();
  const found = replies.filter(
    ({ recipient, state: each, overdue }) =>
      (kept === 'ALL' || (kept === 'OVERDUE' ? overdue : each === kept)) &&
      (wanted === '' || `${recipient} ${nameOf(recipient)}`.toLowerCase().includes(wanted)),
  );
  const mayFollow = state === 'ISSUED' && has('INVESTIGATOR');
  const withNode = new Set(recipients.flatMap(({ organisation }) => organisation ?? []));
  const columns = columnsOf(nameOf, {
    chosen,
    toggle: (name) =>
      setChosen(
        (before) =>
          new Set(before.has(name) ? [...before].filter((each) => each !== name) : [...before, name]),
      ),
  });
  const follow: Column<Reply> = {
    head: 'Follow up',
    cell: ({ recipient, state: each }) =>
      each !== 'CONFIRMED' && (
        <Group gap="xs">
          <Escalate notice={notice} recipient={recipient} name={nameOf(recipient)} onDone={onDone} />
          {!withNode.has(recipient) && <Link notice={notice} recipient={recipient} />}
        </Group>
      ),
  };
  return (
    <Stack gap="sm">
      <Sums notice={notice} />
      <Group align="end" gap="xs">
        <Select
          label="Show"
          data={choices(KEPT)}
          value={kept}
          allowDeselect={false}
          onChange={(next) => setKept(next as Kept)}
        />
        <TextInput
          label="Find a recipient"
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
        />
        {mayFollow && <Remind notice={notice} chosen={chosen} nameOf={nameOf} onDone={onDone} />}
      </Group>
      <Text size="sm" role="status">
        {found.length} of {replies.length} recipients
      </Text>
      <Listing
        label={`Recipients of ${notice.title}`}
        columns={mayFollow ? [...columns, follow] : columns.slice(1)}
        rows={found.slice(0, most)}
        keyOf={({ id }) => id}
        minWidth={900}
      />
      {found.length > most && (
        <Button variant="default" onClick={() => setMost(most * 5)}>
          More: {found.length - most} are not shown
        </Button>
      )}
    </Stack>
  );
}

/** The sums of a board: by tier, and by kind of unit. */
function Sums({ notice: { board } }: { notice: NoticeFile }) {
  if (!board) return null;
  const { direct, below, totals, overdue } = board;
  return (
    <Stack gap={2} component="section" aria-label="In sums">
      <Text>
        <b>{direct.notified}</b> notified, <b>{direct.acknowledged}</b> acknowledged, <b>{direct.answered}</b>{' '}
        answered, <b>{direct.confirmed}</b> have removed all; <b>{overdue.length}</b> overdue.
      </Text>
      {below.notified > 0 && (
        <Text>
          Next tiers: {below.notified} notified, {below.acknowledged} acknowledged, {below.answered} answered,{' '}
          {below.confirmed} have removed all.
        </Text>
      )}
      {totals.map(({ unit, consigned, found, foundBelow, unaccounted }) => (
        <Text key={unit}>
          <b>{amountText(found, unit)}</b> found of {amountText(consigned, unit)} consigned,{' '}
          {amountText(unaccounted, unit)} not accounted for.
          {below.notified > 0 && ` Those to whom they passed it on found ${amountText(foundBelow, unit)}.`}
        </Text>
      ))}
    </Stack>
  );
}

function columnsOf(
  nameOf: (id: string) => string,
  { chosen, toggle }: { chosen: ReadonlySet<string>; toggle: (name: string) => void },
): readonly Column<Reply>[] {
  return [
    {
      head: 'Choose',
      cell: ({ recipient }) => (
        <Checkbox
          aria-label={`Choose ${nameOf(recipient)}`}
          checked={chosen.has(recipient)}
          onChange={() => toggle(recipient)}
        />
      ),
    },
    { head: 'Recipient', cell: ({ recipient }) => nameOf(recipient) },
    {
      head: 'State',
      cell: (reply) => <StateOf reply={reply} />,
    },
    {
      head: 'Due',
      cell: ({ state, acknowledgeBy, respondBy }) => {
        const at = state === 'AWAITED' ? acknowledgeBy : respondBy;
        return at ? <When at={at} /> : 'no time is set';
      },
    },
    { head: 'Consigned', cell: ({ consigned }) => sums(consigned), isNumber: true },
    {
      head: 'Found',
      cell: (reply) => <FoundOf reply={reply} />,
    },
  ];
}

function StateOf({ reply }: { reply: Reply }) {
  const { state, overdue, impact, reminders, remindedAt, escalatedTo, remark } = reply;
  return (
    <>
      <Text inherit fw={overdue ? 700 : undefined}>
        {REPLIES[state]}
        {overdue ? ', overdue' : ''}
      </Text>
      {impact && <Text size="sm">{IMPACTS[impact]}</Text>}
      {remark && <Text size="sm">{remark}</Text>}
      {remindedAt && (
        <Text size="sm" c="dimmed">
          reminded {reminders === 1 ? 'once' : `${reminders} times`}, last <When at={remindedAt} />
        </Text>
      )}
      {escalatedTo && (
        <Text size="sm" c="dimmed">
          escalated to {escalatedTo}
        </Text>
      )}
    </>
  );
}

function FoundOf({ reply: { found, foundBelow, below } }: { reply: Reply }) {
  return (
    <>
      {found.map(({ lot, quantity, uom, disposition }) => (
        <div key={lot + disposition}>
          {amountText(quantity, uom)} {DISPOSITIONS[disposition]}
        </div>
      ))}
      {foundBelow.map(({ quantity, uom, disposition }) => (
        <div key={uom + disposition}>
          below it: {amountText(quantity, uom)} {DISPOSITIONS[disposition]}
        </div>
      ))}
      {below && (
        <Text size="sm" c="dimmed">
          passed on to {below.notified}, of whom {below.answered} answered
        </Text>
      )}
    </>
  );
}

/** Amounts as they are told: exact sums are the node's, on the board. */
function sums(amounts: Reply['consigned']): string {
  const [first] = amounts;
  if (!first) return 'not known';
  return amounts.length === 1
    ? amountText(first.quantity, first.uom)
    : amounts.map(({ quantity, uom }) => `${quantity} ${unitText(uom)}`).join(' + ');
}

function Remind({
  notice: { book, id, board },
  chosen,
  nameOf,
  onDone,
}: {
  notice: NoticeFile;
  chosen: ReadonlySet<string>;
  nameOf: (id: string) => string;
  onDone: () => void;
}) {
  const [remind] = useDeed(RemindRecipientsDocument);
  const names = chosen.size > 0 ? [...chosen] : (board?.overdue ?? []);
  if (names.length === 0) return null;
  return (
    <Confirm
      label={chosen.size > 0 ? `Remind ${names.length} chosen` : `Remind ${names.length} overdue`}
      title={`Remind ${names.length === 1 ? nameOf(names[0] ?? '') : `${names.length} recipients`}?`}
      deed="Remind"
      onConfirm={() => remind({ book, id, recipients: names }).finally(onDone)}
    >
      <Text>{names.map(nameOf).join(', ')}</Text>
    </Confirm>
  );
}
