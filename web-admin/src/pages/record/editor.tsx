import { Alert, Button, Group, Stack, Text } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { useMutation } from 'urql';
import type { Wrong } from '../../components/deed.ts';
import { Failure } from '../../components/shown.tsx';
import { SaveRecordDocument, type SaveRecordMutation } from '../../operations/generated/documents.ts';
import { type Difference, Differences } from './differences.tsx';
import { type Draft, fieldsOf } from './draft.ts';
import { Inputs } from './inputs.tsx';

type Fields = Readonly<Record<string, unknown>>;
type Saved = SaveRecordMutation['saveRecord'];

interface EditorProps {
  book: string;
  record: string;
  /** The version that is edited, and its fields. */
  base: number;
  fields: Fields;
  token: number | null;
  /** Why the lock is gone. */
  lost: Wrong | null;
  onSaved: (state: string) => void;
  onLockLost: () => void;
  onLockAgain: () => Promise<Wrong | null>;
  onCancel: () => void;
}

/** A record that is edited: its fields, and what became of saving it. What was typed stays until it is saved or given up. */
export function Editor(props: EditorProps) {
  const { book, record, base, fields, token, lost, onSaved, onLockLost, onLockAgain, onCancel } = props;
  const [draft, setDraft] = useState<Draft>({});
  const [{ fetching }, save] = useMutation(SaveRecordDocument);
  const [saved, setSaved] = useState<Saved>();
  const [wrong, setWrong] = useState<Wrong | null>(null);
  const send = async (how: { fields: Fields; base: number; merge?: number }): Promise<void> => {
    const { data, error } = await save({ input: { book, record, lock: token, ...how } });
    const answer = data?.saveRecord;
    setWrong(
      error
        ? {
            message: error.graphQLErrors[0]?.message ?? 'The node does not answer.',
            duty: 'What you typed is still here: try again.',
          }
        : null,
    );
    if (!answer) return;
    setSaved(answer);
    if (!answer.error) return onSaved(answer.request?.state ?? '');
    if (answer.error.code === 'LOCK_LOST') onLockLost();
  };
  const mine = fieldsOf(draft, fields);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    void send({ fields: mine, base });
  };
  return (
    <Stack component="section" aria-label="Edit the record">
      {lost && token !== null && (
        <Alert color="red" title={lost.message} role="alert">
          What you typed is still here. Saving it will be refused, and show what differs by then.
        </Alert>
      )}
      <Outcome
        saved={saved}
        failure={wrong ?? saved?.error ?? null}
        isSaving={fetching}
        isLocked={token !== null}
        onMerge={({ base, current: merge }) => void send({ fields: mine, base, merge })}
        onDecide={(decided, { current }) => void send({ fields: decided, base: current })}
        onLockAgain={() => void onLockAgain().then(setWrong)}
      />
      <form onSubmit={submit}>
        <Stack>
          <Inputs fields={fields} draft={draft} onChange={setDraft} />
          <Group>
            <Button type="submit" loading={fetching} disabled={Object.keys(draft).length === 0}>
              Save
            </Button>
            <Button variant="default" onClick={onCancel}>
              Cancel
            </Button>
          </Group>
        </Stack>
      </form>
    </Stack>
  );
}

/** Why it was not saved, where the draft is, what differs, and what can be done. */
function Outcome({
  saved,
  failure,
  isSaving,
  isLocked,
  onMerge,
  onDecide,
  onLockAgain,
}: {
  saved: Saved | undefined;
  failure: Wrong | null;
  isSaving: boolean;
  isLocked: boolean;
  onMerge: (difference: Difference) => void;
  onDecide: (fields: Fields, difference: Difference) => void;
  onLockAgain: () => void;
}) {
  const difference = saved?.difference;
  return (
    <>
      {failure && <Failure message={failure.message} duty={failure.duty} />}
      {saved?.error && saved.request?.id && (
        <Text size="sm">
          Your draft is kept, here and in request <span className="id">{saved.request.id}</span>.
        </Text>
      )}
      {difference && (
        <Differences
          key={difference.current}
          difference={difference}
          isSaving={isSaving}
          onMerge={() => onMerge(difference)}
          onDecide={(decided) => onDecide(decided, difference)}
        />
      )}
      {saved?.error && !isLocked && (
        <Group>
          <Button variant="default" onClick={onLockAgain}>
            Lock the record again
          </Button>
        </Group>
      )}
    </>
  );
}
