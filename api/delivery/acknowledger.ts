import type { Peers } from '../peers/peer.ts';

const AT_MOST_EVERY_MS = 1_000;
const TIMEOUT_MS = 10_000;

export const ACKNOWLEDGE = `mutation Acknowledge($book: ID!, $cursor: ID!) {
  ackFeed(book: $book, cursor: $cursor) { cursor error { code } }
}`;

/**
 * Tells the authority how far the copy has come, the last cursor for all, at most once a second. One that is lost is made
 * good by the next: an acknowledgement informs, nothing depends on it.
 */
export function openAcknowledger(
  peers: Pick<Peers, 'call'>,
  { book, authority }: { book: string; authority: string },
): { note: (cursor: string) => void; close: () => void } {
  let pending: string | null = null;
  let timer: NodeJS.Timeout | undefined;
  const send = (): void => {
    timer = undefined;
    if (pending === null) return;
    const cursor = pending;
    pending = null;
    peers.call(authority, ACKNOWLEDGE, { book, cursor }, { timeoutMs: TIMEOUT_MS }).catch(() => undefined);
    timer = setTimeout(send, AT_MOST_EVERY_MS);
  };
  return {
    note: (cursor) => {
      pending = cursor;
      if (timer === undefined) timer = setTimeout(send, AT_MOST_EVERY_MS);
    },
    close: () => {
      clearTimeout(timer);
      timer = undefined;
      pending = null;
    },
  };
}
