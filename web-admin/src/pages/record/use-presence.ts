import { useEffect, useState } from 'react';
import { subscribe } from '../../app/stream.ts';
import { PresenceDocument, type PresenceSubscription } from '../../operations/generated/documents.ts';

export type Present = PresenceSubscription['presence'][number];

const PAUSE_MS = 2_000;

/** Who has the book open; while this is shown, others are told that one is there. */
export function usePresence(book: string, record: string | null, editing: boolean): readonly Present[] {
  const [present, setPresent] = useState<readonly Present[]>([]);
  useEffect(() => {
    const leaving = new AbortController();
    void attend({ book, record, editing }, leaving.signal, setPresent);
    return () => leaving.abort();
  }, [book, record, editing]);
  return present;
}

/** A stream that is cut begins anew: who is there is no less true for that. */
async function attend(
  variables: { book: string; record: string | null; editing: boolean },
  signal: AbortSignal,
  tell: (present: readonly Present[]) => void,
): Promise<void> {
  while (!signal.aborted) {
    try {
      for await (const { presence } of subscribe(PresenceDocument, variables, signal)) tell(presence);
    } catch {
      if (signal.aborted) return;
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}
