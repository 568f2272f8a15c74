import { Card, Group, Stack, Text, Title } from '@mantine/core';
import { useCaller } from '../../components/caller.ts';
import { Confirm } from '../../components/confirm.tsx';
import { useDeed } from '../../components/deed.ts';
import { type Column, Listing } from '../../components/listing.tsx';
import { useNames } from '../../components/names.ts';
import { When } from '../../components/when.tsx';
import {
  ApproveNoticeDocument,
  type CasePartsFragment,
  IssueNoticeDocument,
  RemindRecipientsDocument,
} from '../../operations/generated/documents.ts';
import { NOTICES, REPLIES } from './words.ts';

type Notice = CasePartsFragment['notices'][number];
type Reply = Notice['replies'][number];

/** A notice, and where each of its recipients stands. */
export function Board({ book, notice }: { book: string; notice: Notice }) {
  const { title, state, missing, board, replies } = notice;
  return (
    <Card withBorder component="section" aria-label={title}>
      <Stack gap="xs">
        <Title order={3} size="h4">
          {title}
        </Title>
        <Text>{NOTICES[state]}</Text>
        {missing.map(({ field, message }) => (
          <Text key={field} size="sm">
            Still missing: {message}
          </Text>
        ))}
        {board && (
          <Text>
            {board.direct.notified} notified, {board.direct.acknowledged} acknowledged,{' '}
            {board.direct.answered} answered, {board.direct.confirmed} confirmed
            {board.totals.map(
              ({ unit, consigned, found, unaccounted }) =>
                `; ${found} of ${consigned} ${unit} found, ${unaccounted} ${unit} unaccounted for`,
            )}
          </Text>
        )}
        {replies.length > 0 && (
          <Listing label={`Recipients of ${title}`} columns={COLUMNS} rows={replies} keyOf={({ id }) => id} />
        )}
        <Deeds book={book} notice={notice} />
      </Stack>
    </Card>
  );
}

const COLUMNS: readonly Column<Reply>[] = [
  { head: 'Recipient', cell: ({ recipient }) => <Recipient id={recipient} /> },
  {
    head: 'State',
    cell: ({ state, overdue, reminders, escalatedTo }) => (
      <>
        <Text inherit fw={overdue ? 700 : undefined}>
          {REPLIES[state]}
          {overdue ? ', overdue' : ''}
        </Text>
        <Text size="sm" c="dimmed">
          {reminders > 0 ? `reminded ${reminders} times` : ''}
          {escalatedTo ? `, escalated to ${escalatedTo}` : ''}
        </Text>
      </>
    ),
  },
  { head: 'Due', cell: ({ respondBy }) => (respondBy ? <When at={respondBy} /> : 'no time is set') },
  {
    head: 'Found',
    cell: ({ found }) =>
      found.map(({ lot, quantity, uom, disposition }) => (
        <div key={lot + disposition}>
          {quantity} {uom} {disposition.toLowerCase()}
        </div>
      )),
  },
];

function Recipient({ id }: { id: string }) {
  return useNames()(id);
}

function Deeds({ book, notice: { id, state, title, board } }: { book: string; notice: Notice }) {
  const { has } = useCaller();
  const [approve] = useDeed(ApproveNoticeDocument);
  const [issue] = useDeed(IssueNoticeDocument);
  const [remind] = useDeed(RemindRecipientsDocument);
  return (
    <Group>
      {state === 'PROPOSED' && has('APPROVER') && (
        <Confirm
          label="Approve"
          title={`Approve ${title}?`}
          deed="Approve"
          onConfirm={() => approve({ book, id })}
        >
          <Text>
            As the second person: whoever drafted or proposed it cannot. It is not sent by that yet.
          </Text>
        </Confirm>
      )}
      {state === 'APPROVED' && has('INVESTIGATOR') && (
        <Confirm
          label="Send"
          title={`Send ${title}?`}
          deed="Send"
          isGrave
          onConfirm={() => issue({ book, id })}
        >
          <Text>
            Every recipient gets it at once, with a reply of its own to fill in. It cannot be taken back.
          </Text>
        </Confirm>
      )}
      {state === 'ISSUED' && has('INVESTIGATOR') && (board?.overdue.length ?? 0) > 0 && (
        <Confirm
          label="Remind who is overdue"
          title={`Remind ${board?.overdue.length} recipients?`}
          deed="Remind"
          onConfirm={() => remind({ book, id })}
        >
          <Text>{board?.overdue.join(', ')}</Text>
        </Confirm>
      )}
    </Group>
  );
}
