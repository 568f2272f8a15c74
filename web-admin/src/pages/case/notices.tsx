import { Anchor, Button, Stack } from '@mantine/core';
import { Link } from 'react-router';
import { useCaller } from '../../components/caller.ts';
import { Empty } from '../../components/empty.tsx';
import { type Column, Listing } from '../../components/listing.tsx';
import { When } from '../../components/when.tsx';
import { ACTIONS, noticeLink, NOTICES } from '../cases/words.ts';
import type { CaseFile } from './standing.tsx';

type Notice = CaseFile['notices'][number];

/** The notices of a case; each has its own board. */
export function Notices({ file: { book, owner, state, notices } }: { file: CaseFile }) {
  const { node, has } = useCaller();
  const columns: readonly Column<Notice>[] = [
    {
      head: 'Notice',
      cell: ({ id, title, action, type }) => (
        <>
          <Anchor component={Link} inherit underline="always" fw={600} to={noticeLink(book, id)}>
            {title}
          </Anchor>
          , {ACTIONS[action]}
          {type === 'UPDATE' ? ', update' : ''}
        </>
      ),
    },
    { head: 'State', cell: ({ state: each }) => NOTICES[each] },
    { head: 'Sent', cell: ({ issuedAt }) => (issuedAt ? <When at={issuedAt} /> : '') },
    { head: 'Answers due', cell: ({ respondBy }) => (respondBy ? <When at={respondBy} /> : '') },
    {
      head: 'Removed',
      cell: ({ board }) => (board ? `${board.direct.confirmed} of ${board.direct.notified}` : ''),
      isNumber: true,
    },
    { head: 'Overdue', cell: ({ board }) => board?.overdue.length ?? '', isNumber: true },
  ];
  return (
    <Stack align="flex-start">
      {notices.length === 0 ? (
        <Empty what="No notice is drafted yet.">
          A notice tells who got the lots what to do with them, and asks what they found.
        </Empty>
      ) : (
        <Listing label="Notices" columns={columns} rows={notices} keyOf={({ id }) => id} />
      )}
      {state === 'OPEN' && owner === node?.organisation && has('INVESTIGATOR') && (
        <Button component={Link} to={noticeLink(book)}>
          Draft a notice
        </Button>
      )}
    </Stack>
  );
}
