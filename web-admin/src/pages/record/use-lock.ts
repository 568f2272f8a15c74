import { useCallback, useEffect, useState } from 'react';
import { useClient } from 'urql';
import { useDeed, type Wrong } from '../../components/deed.ts';
import {
  LockRecordDocument,
  RenewLockDocument,
  UnlockRecordDocument,
} from '../../operations/generated/documents.ts';

/** A window that is closed without a word holds its record no longer than this, s; while it is open the lock is renewed. */
const LEASE_S = 900;
const FIRST_RENEWAL_MS = 500;

/** The entry lock of a record, for as long as it is edited here. */
export function useLock(book: string, record: string) {
  const [token, setToken] = useState<number | null>(null);
  const [lost, setLost] = useState<Wrong | null>(null);
  const [take] = useDeed(LockRecordDocument);
  const [release] = useDeed(UnlockRecordDocument);
  const client = useClient();

  const lock = async (): Promise<Wrong | null> => {
    const { payload, wrong } = await take({ book, record, leaseSeconds: LEASE_S });
    setLost(null);
    setToken(payload?.locks?.[0]?.token ?? null);
    return wrong ?? null;
  };
  const unlock = async (): Promise<void> => {
    if (token === null) return;
    setToken(null);
    await release({ book, record, token });
  };
  const forget = useCallback(() => setToken(null), []);

  useEffect(() => {
    if (token === null) return undefined;
    let timer: ReturnType<typeof setTimeout>;
    let isOver = false;
    const again = async (): Promise<void> => {
      const { data } = await client.mutation(RenewLockDocument, { book, record, token }).toPromise();
      if (isOver) return;
      const { until, error } = data?.renewLocks ?? {};
      if (error?.code === 'LOCK_LOST') return setLost(error);
      // Whoever is cut off for a moment tries again.
      const leftMs = until ? Date.parse(until) - Date.now() : 0;
      timer = setTimeout(() => void again(), Math.max(FIRST_RENEWAL_MS, leftMs / 3));
    };
    timer = setTimeout(() => void again(), FIRST_RENEWAL_MS);
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }, [client, book, record, token]);
  return { token, lost, lock, unlock, forget };
}
