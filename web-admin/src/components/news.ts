import { useEffect, useRef } from 'react';
import { subscribe } from '../app/stream.ts';
import { CaseNewsDocument, type CaseNewsSubscription } from '../operations/generated/documents.ts';

const AGAIN_MS = 5_000;

/** Tells when something new is in the log of a book, until the page is left. Where the stream is cut, it is begun again. */
export function useNews(book: string, onNews: () => void): void {
  const tell = useRef(onNews);
  useEffect(() => {
    tell.current = onNews;
  }, [onNews]);
  useEffect(() => {
    if (book === '') return undefined;
    const gone = new AbortController();
    void listen(book, gone.signal, () => tell.current());
    return () => gone.abort();
  }, [book]);
}

async function listen(book: string, signal: AbortSignal, tell: () => void): Promise<void> {
  let after: string | null = null;
  let isFirst = true;
  while (!signal.aborted) {
    try {
      const news: AsyncGenerator<CaseNewsSubscription, void> = subscribe(
        CaseNewsDocument,
        { book, after },
        signal,
      );
      for await (const { feed } of news) {
        after = feed.cursor;
        // What is in the log before the page came to its end is on the page already.
        if (feed.items.length > 0 && !isFirst) tell();
        isFirst &&= !feed.caughtUp;
      }
    } catch {
      // Said by the page's own questions, which fail too where the node is away.
    }
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    // While nobody listened, something may have come.
    if (!signal.aborted) tell();
  }
}
