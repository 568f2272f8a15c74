import { useEffect, useRef, useState } from 'react';
import { useClient } from 'urql';
import { RecordLockDocument, type RecordLockQuery } from '../../operations/generated/documents.ts';
import type { Present } from './use-presence.ts';

type Lock = NonNullable<RecordLockQuery['record']>['lock'];

/** Where others are here too it is looked so often, ms. */
const SOON_MS = 500;
const LATER_MS = 5_000;

/** The lock of a record as it is now, and word of each new version. */
export function useLockSeen(
  book: string,
  id: string,
  others: readonly Present[],
  onMoved: () => void,
): Lock | null {
  const client = useClient();
  const [lock, setLock] = useState<Lock | null>(null);
  const version = useRef<number | null>(null);
  const moved = useRef(onMoved);
  moved.current = onMoved;
  const everyMs = others.length > 0 ? SOON_MS : LATER_MS;
  useEffect(() => {
    let isOver = false;
    const look = async (): Promise<void> => {
      const query = client.query(RecordLockDocument, { book, id }, { requestPolicy: 'network-only' });
      const found = (await query.toPromise()).data?.record;
      if (isOver || !found) return;
      setLock(found.lock ?? null);
      if (version.current !== null && version.current !== found.version) moved.current();
      version.current = found.version;
    };
    void look();
    const timer = setInterval(() => void look(), everyMs);
    return () => {
      isOver = true;
      clearInterval(timer);
    };
  }, [client, book, id, everyMs]);
  return lock;
}
