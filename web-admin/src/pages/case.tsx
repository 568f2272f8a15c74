import { Anchor, Stack } from '@mantine/core';
import { Link, useSearchParams } from 'react-router';
import { useQuery } from 'urql';
import { Empty } from '../components/empty.tsx';
import { Facts } from '../components/listing.tsx';
import { useNames } from '../components/names.ts';
import { useNow } from '../components/now.ts';
import { Page } from '../components/page.tsx';
import { Shown } from '../components/shown.tsx';
import { durationText, When } from '../components/when.tsx';
import { CaseFileDocument, type CasePartsFragment } from '../operations/generated/documents.ts';
import { Board } from './cases/board.tsx';
import { CLASSES, clockText } from './cases/words.ts';
import { KINDS } from './record/words.ts';

const TICK_MS = 1_000;

/** The file of a case: its clock, how fast it went, its entries, and the board of each notice. */
export function Component() {
  const [params] = useSearchParams();
  const book = params.get('book') ?? '';
  const [found] = useQuery({ query: CaseFileDocument, variables: { book } });
  return (
    <Page title={found.data?.case?.title ?? 'Case'}>
      <Shown of={found}>
        {({ case: file }) =>
          file ? (
            <Stack>
              <Standing file={file} />
              {file.notices.length === 0 && (
                <Empty what="No notice is drafted yet.">
                  A notice tells who got the lots what to do with them.
                </Empty>
              )}
              {file.notices.map((notice) => (
                <Board key={notice.id} book={book} notice={notice} />
              ))}
            </Stack>
          ) : (
            <Empty what="There is no such case, or none that you may see.">
              <Anchor component={Link} to="/cases">
                To all cases
              </Anchor>
            </Empty>
          )
        }
      </Shown>
    </Page>
  );
}

function Standing({ file }: { file: CasePartsFragment }) {
  const now = useNow(TICK_MS);
  const nameOf = useNames();
  const {
    book,
    owner,
    drill,
    class: hazardClass,
    hazard,
    clockStart,
    closedAt,
    summary,
    entries,
    score,
  } = file;
  const took = (seconds: number | null): string | null =>
    seconds === null ? null : `${durationText(seconds * 1_000)} after the start`;
  return (
    <Facts
      label="How the case stands"
      facts={{
        Clock: <b>{clockText(file, now)}</b>,
        Begun: <When at={clockStart} />,
        'Kept by': nameOf(owner),
        Hazard: [hazard, hazardClass && CLASSES[hazardClass]].filter(Boolean).join(', '),
        Drill: drill ? 'yes: nothing happened' : null,
        'First trace': took(score.toTrace),
        'First notice sent': took(score.toIssue),
        'All acknowledged': took(score.toAcknowledged),
        'All answered': took(score.toAnswered),
        'Found of what was consigned':
          score.reconciled === null ? null : `${(score.reconciled * 100).toFixed(1)} %`,
        Entries: (
          <Anchor component={Link} inherit to={`/records?${new URLSearchParams({ book }).toString()}`}>
            {entries.map(({ kind, count }) => `${count} ${KINDS[kind]}`).join(', ') || 'none yet'}
          </Anchor>
        ),
        Closed: closedAt ? <When at={closedAt} /> : null,
        Summary: summary,
      }}
    />
  );
}
