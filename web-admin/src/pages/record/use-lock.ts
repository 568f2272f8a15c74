import { useCallback, useEffect, useState } from 'react';
import type { Wrong } from '../../components/deed.ts';
import { useDeed } from '../../components/deed.ts';
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
  const [renew] = useDeed(RenewLockDocument);

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
      const { payload, wrong } = await renew({ book, record, token });
      if (isOver) return;
      if (wrong && isLost(wrong)) {
        setLost(wrong);
        return;
      }
      const leftMs = payload?.until ? Date.parse(payload.until) - Date.now() : 3 * FIRST_RENEWAL_MS;
      timer = setTimeout(() => void again(), Math.max(FIRST_RENEWAL_MS, leftMs / 3));
    };
    timer = setTimeout(() => void again(), FIRST_RENEWAL_MS);
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
    // What sends is made anew with each rendering, and sends the same.
  }, [book, record, token]);
  return { token, lost, lock, unlock, forget };
}

function isLost(wrong: Wrong & { code?: string }): boolean {
  return wrong.code === 'LOCK_LOST';
}
