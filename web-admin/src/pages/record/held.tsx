import { Alert, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useCaller } from '../../components/caller.ts';
import { Confirm } from '../../components/confirm.tsx';
import { useDeed } from '../../components/deed.ts';
import { When } from '../../components/when.tsx';
import { BreakLockDocument, type RecordLockQuery } from '../../operations/generated/documents.ts';

type Lock = NonNullable<NonNullable<RecordLockQuery['record']>['lock']>;

/** Who holds a record, since when; for administrators of its owner, the way to end that. */
export function Held({
  book,
  record,
  lock,
  onDone,
}: {
  book: string;
  record: string;
  lock: Lock;
  onDone: () => void;
}) {
  const { node, has } = useCaller();
  const [reason, setReason] = useState('');
  const [breakLock] = useDeed(BreakLockDocument);
  const mayBreak = has('ADMINISTRATOR') && book.startsWith(`${node?.organisation ?? ''}/`);
  return (
    <Alert title={`${lock.holderName} holds this record`} role="status">
      <Text size="sm">
        Since <When at={lock.since} />. Unless it is renewed, the lock ends <When at={lock.until} />. Until
        then nobody else changes the record.
      </Text>
      {mayBreak && (
        <Confirm
          label="Break the lock"
          title={`Break the lock of ${lock.holderName}?`}
          deed="Break it"
          isGrave
          isReady={reason.trim() !== ''}
          onConfirm={async () => {
            const outcome = await breakLock({ book, record, reason });
            if (!outcome.wrong) onDone();
            return outcome;
          }}
        >
          <Text size="sm">
            What that person saves later is refused, and kept as a draft. It stands in the log of the book,
            with your reason.
          </Text>
          <TextInput
            label="Reason"
            value={reason}
            onChange={(event) => setReason(event.currentTarget.value)}
          />
        </Confirm>
      )}
    </Alert>
  );
}
