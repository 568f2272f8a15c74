import { Button, Group, Stack, Text, Textarea, Title } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { useDeed, type Wrong } from '../../components/deed.ts';
import { useNames } from '../../components/names.ts';
import { Failure } from '../../components/shown.tsx';
import { When } from '../../components/when.tsx';
import { AddNoteDocument, type RecordWithHistoryQuery } from '../../operations/generated/documents.ts';

type Note = NonNullable<RecordWithHistoryQuery['record']>['notes'][number];

/** What people have noted on a record, and a place to write. */
export function Notes({
  book,
  record,
  notes,
  onDone,
}: {
  book: string;
  record: string;
  notes: readonly Note[];
  onDone: () => void;
}) {
  const nameOf = useNames();
  const [add, isRunning] = useDeed(AddNoteDocument);
  const [text, setText] = useState('');
  const [wrong, setWrong] = useState<Wrong | null>(null);
  const [said, setSaid] = useState('');
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    const { payload, wrong } = await add({ book, record, text });
    setWrong(wrong ?? null);
    if (wrong) return;
    setText('');
    setSaid(payload.note ? 'Noted.' : 'Sent; it waits for a decision.');
    onDone();
  };
  return (
    <Stack component="section" aria-labelledby="notes" gap="xs">
      <Title order={3} id="notes">
        Notes
      </Title>
      {notes.map(({ id, fields }) => {
        const { text, time, author, organisation } = fields as Readonly<Record<string, string | undefined>>;
        return (
          <div key={id}>
            <Text size="sm">
              <b>{nameOf(author ?? `A user at ${organisation ?? ''}`)}</b>
              {time ? ', ' : ''}
              {time && <When at={time} />}
            </Text>
            <Text style={{ whiteSpace: 'pre-wrap' }}>{text}</Text>
          </div>
        );
      })}
      <form onSubmit={(event) => void submit(event)}>
        <Stack gap="xs">
          <Textarea
            label="A note, seen by whoever may see this record"
            value={text}
            onChange={(event) => setText(event.currentTarget.value)}
            autosize
            minRows={2}
            maw={640}
          />
          {wrong && <Failure message={wrong.message} duty={wrong.duty} />}
          {said && <Text role="status">{said}</Text>}
          <Group>
            <Button type="submit" variant="default" loading={isRunning} disabled={text.trim() === ''}>
              Add the note
            </Button>
          </Group>
        </Stack>
      </form>
    </Stack>
  );
}
