import type { FeedState } from '../operations/generated/documents.ts';

export const FEEDS: Readonly<Record<FeedState, string>> = {
  CONNECTING: 'Feed connecting',
  LIVE: 'Feed live',
  FAILED: 'Feed broken',
  ENDED: 'Feed ended',
};
