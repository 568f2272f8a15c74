import { Button, Card, Checkbox, Group, Select, Stack, Text, Textarea, Title } from '@mantine/core';
import '@mantine/core/styles/Checkbox.css';
import { useState } from 'react';
import { useDeed, type Wrong } from '../../components/deed.ts';
import { Failure } from '../../components/shown.tsx';
import {
  AnswerNoticeDocument,
  type FoundInput,
  type Impact,
  type ReceivedNoticesQuery,
  type ReplyState,
} from '../../operations/generated/documents.ts';
import { choices, IMPACTS } from '../cases/words.ts';
import { FoundRows } from './found-rows.tsx';

export type Received = ReceivedNoticesQuery['receivedNotices'][number];

interface Said {
  impact: Impact | null;
  found: FoundInput[];
  remark: string;
  /** Nothing more is to come. */
  isAll: boolean;
  /** Further up only that it answered may be told. */
  isCountOnly: boolean;
}

const ON_ITS_WAY = 'It is signed, and goes as soon as their node answers.';
const COMMON_UNITS = ['KGM', 'LBR', 'LTR', 'EA', 'CS'];

/** The answer of this organisation: received, what is here of it, what was done with it, and that all of it is removed. */
export function AnswerForm({ received, onDone }: { received: Received; onDone: () => void }) {
  const { notice, reply } = received;
  const [said, setSaid] = useState<Said>(() => ({
    impact: reply.impact ?? null,
    found: reply.found.map(({ lot, quantity, uom, disposition }) => ({ lot, quantity, uom, disposition })),
    remark: reply.remark ?? '',
    isAll: reply.state === 'CONFIRMED',
    isCountOnly: false,
  }));
  const { send, isRunning, wrong, sent } = useAnswer(received, said, onDone);
  const change = (part: Partial<Said>): void => setSaid((before) => ({ ...before, ...part }));
  const units = [...new Set([...reply.consigned.map(({ uom }) => uom), ...COMMON_UNITS])];
  const lots = notice.lots.filter(({ state }) => state === 'AFFECTED').map(({ lot }) => lot);
  const isAnswered = reply.state === 'ANSWERED' || reply.state === 'CONFIRMED';
  return (
    <Card withBorder component="section" aria-label="Your answer">
      <Stack gap="md">
        <Title order={3} size="h4">
          Your answer
        </Title>
        {reply.state === 'AWAITED' && (
          <Button loading={isRunning} onClick={() => void send('ACKNOWLEDGED')}>
            We have received it
          </Button>
        )}
        <Select
          label="Is or was any of it here?"
          data={choices(IMPACTS)}
          value={said.impact}
          onChange={(next) => change({ impact: next as Impact | null })}
        />
        {said.impact !== 'NONE' && (
          <FoundRows found={said.found} lots={lots} units={units} onChange={(found) => change({ found })} />
        )}
        <Textarea
          label="Anything else that they should know"
          autosize
          value={said.remark}
          onChange={(event) => change({ remark: event.currentTarget.value })}
        />
        <Checkbox
          label="All of it is removed: nothing more is to come"
          checked={said.isAll}
          onChange={(event) => change({ isAll: event.currentTarget.checked })}
        />
        <Checkbox
          label="They may tell further up only that you answered, not how much you found"
          checked={said.isCountOnly}
          onChange={(event) => change({ isCountOnly: event.currentTarget.checked })}
        />
        {wrong && <Failure message={wrong.message} duty={wrong.duty} />}
        <Text role="status">{sent === null ? '' : sent === reply.state ? 'They have it.' : ON_ITS_WAY}</Text>
        <Group>
          <Button
            loading={isRunning}
            disabled={said.impact === null}
            onClick={() => void send(said.isAll ? 'CONFIRMED' : 'ANSWERED')}
          >
            {isAnswered ? 'Correct the answer' : 'Send the answer'}
          </Button>
        </Group>
      </Stack>
    </Card>
  );
}

function useAnswer({ notice: { book, id } }: Received, said: Said, onDone: () => void) {
  const [answer, isRunning] = useDeed(AnswerNoticeDocument);
  const [wrong, setWrong] = useState<Wrong>();
  const [sent, setSent] = useState<ReplyState | null>(null);
  const send = async (state: ReplyState): Promise<void> => {
    const content = {
      impact: said.impact,
      found: said.impact === 'NONE' ? [] : said.found.filter(({ quantity }) => quantity.trim() !== ''),
      remark: said.remark.trim() || null,
      upward: said.isCountOnly ? ('COUNT' as const) : ('TOTALS' as const),
    };
    const input = { book, id, state, ...(state === 'ACKNOWLEDGED' ? {} : content) };
    const outcome = await answer({ input });
    setWrong(outcome.wrong);
    if (outcome.wrong) return;
    setSent(state);
    onDone();
  };
  return { send, isRunning, wrong, sent };
}
