import { Alert, Button, Group, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { useClient } from 'urql';
import type { Wrong } from '../../components/deed.ts';
import { Failure } from '../../components/shown.tsx';
import { RecordNowDocument, type RecordWithHistoryQuery } from '../../operations/generated/documents.ts';
import { Editor } from './editor.tsx';
import { Held } from './held.tsx';
import { Here } from './here.tsx';
import { History } from './history.tsx';
import { Notes } from './notes.tsx';
import { Out } from './out.tsx';
import { Properties } from './properties.tsx';
import { useLock } from './use-lock.ts';
import { useLockSeen } from './use-lock-seen.ts';
import { usePresence } from './use-presence.ts';

type Fields = Readonly<Record<string, unknown>>;
type Shown = NonNullable<RecordWithHistoryQuery['record']>;

interface Edited {
  version: number;
  fields: Fields;
}

/** A record that is looked at, and edited: its lock is held from opening the editor to saving or cancelling. */
export function OpenRecord({
  book,
  record,
  data,
  onMoved,
}: {
  book: string;
  record: Shown;
  data: RecordWithHistoryQuery;
  onMoved: () => void;
}) {
  const { id } = record;
  const [isEditing, setEditing] = useState(false);
  const present = usePresence(book, id, isEditing);
  const others = present.filter((each) => each.record === id && !each.mine);
  const lock = useLockSeen(book, id, others, onMoved);
  const isOthers = lock?.state === 'HELD' && !lock.mine;
  return (
    <Stack>
      <Text className="id">{id}</Text>
      <Here present={others} />
      {record.erased && <Alert title="This record was erased">{record.erased}</Alert>}
      {isOthers && <Held book={book} record={id} lock={lock} onDone={onMoved} />}
      {!record.erased && (
        <Editing book={book} id={id} isOthers={isOthers} onEditing={setEditing} onMoved={onMoved} />
      )}
      <Out book={book} record={record} />
      <History versions={data.changes.edges.map(({ node }) => node)} fields={record.fields as Fields} />
      {record.withheld.length > 0 && (
        <Text size="sm">Withheld from you, though a rule names it: {record.withheld.join(', ')}.</Text>
      )}
      {canHaveNotes(record.kind) && <Notes book={book} record={id} notes={record.notes} onDone={onMoved} />}
      <Properties data={data} />
    </Stack>
  );
}

function canHaveNotes(kind: Shown['kind']): boolean {
  return kind !== 'NOTE' && kind !== 'LOCK' && kind !== 'GRANT';
}

/** From the button that opens the editor to the word that it was saved. */
function Editing({
  book,
  id,
  isOthers,
  onEditing,
  onMoved,
}: {
  book: string;
  id: string;
  isOthers: boolean;
  onEditing: (isEditing: boolean) => void;
  onMoved: () => void;
}) {
  const client = useClient();
  const held = useLock(book, id);
  const [edited, setEdited] = useState<Edited | null>(null);
  const [wrong, setWrong] = useState<Wrong | null>(null);
  const [said, setSaid] = useState('');
  const edit = async (): Promise<void> => {
    setSaid('');
    const refusal = await held.lock();
    setWrong(refusal);
    if (refusal) return;
    // With the lock came what others have saved until then.
    const query = client.query(RecordNowDocument, { book, id }, { requestPolicy: 'network-only' });
    const found = (await query.toPromise()).data?.record;
    if (!found) return;
    setEdited({ version: found.version, fields: found.fields as Fields });
    onEditing(true);
  };
  const end = (words: string): void => {
    setEdited(null);
    onEditing(false);
    setSaid(words);
    onMoved();
  };
  const saved = (state: string): void => {
    held.forget();
    end(state === 'APPROVED' ? 'Saved.' : 'Sent; it is not decided yet.');
  };
  return (
    <>
      {said && (
        <Text role="status" fw={600}>
          {said}
        </Text>
      )}
      {wrong && <Failure message={wrong.message} duty={wrong.duty} />}
      {edited ? (
        <Editor
          book={book}
          record={id}
          base={edited.version}
          fields={edited.fields}
          token={held.token}
          lost={held.lost}
          onLockLost={held.forget}
          onLockAgain={held.lock}
          onSaved={saved}
          onCancel={() => void held.unlock().then(() => end('Nothing was changed.'))}
        />
      ) : (
        <Group>
          <Button disabled={isOthers} onClick={() => void edit()}>
            Edit
          </Button>
        </Group>
      )}
    </>
  );
}
