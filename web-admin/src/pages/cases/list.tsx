import { Anchor, Text } from '@mantine/core';
import { Link } from 'react-router';
import { type Column, Listing } from '../../components/listing.tsx';
import { useNames } from '../../components/names.ts';
import { useNow } from '../../components/now.ts';
import { When } from '../../components/when.tsx';
import type { CasePartsFragment } from '../../operations/generated/documents.ts';
import { caseLink, CLASSES, clockText, overdueOf } from './words.ts';

const TICK_MS = 1_000;

/** Cases with their clocks. */
export function CaseList({ cases }: { cases: readonly CasePartsFragment[] }) {
  const now = useNow(TICK_MS);
  const nameOf = useNames();
  const columns: readonly Column<CasePartsFragment>[] = [
    {
      head: 'Case',
      cell: ({ book, title, drill, class: hazard, owner }) => (
        <>
          <Anchor component={Link} to={caseLink(book)} fw={600}>
            {title}
          </Anchor>
          <Text size="sm" c="dimmed">
            {drill ? 'drill, ' : ''}
            {hazard ? `${CLASSES[hazard]}, ` : ''}of {nameOf(owner)}
          </Text>
        </>
      ),
    },
    { head: 'Clock', cell: (each) => clockText(each, now) },
    { head: 'Begun', cell: ({ clockStart }) => <When at={clockStart} /> },
    { head: 'Notices', cell: ({ notices }) => notices.length, isNumber: true },
    { head: 'Overdue answers', cell: (each) => overdueOf(each), isNumber: true },
  ];
  return <Listing label="Cases" columns={columns} rows={cases} keyOf={({ book }) => book} />;
}
