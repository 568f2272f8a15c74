import { boardOf, reconciled } from './board.ts';
import type { NoticeContent, ReplyContent } from './notice.ts';

/** How fast and how completely a case went; seconds from the start of its clock, null where it has not come to it. */
export interface Score {
  toTrace: number | null;
  toIssue: number | null;
  toAcknowledged: number | null;
  toAnswered: number | null;
  /** 0 to 1 */
  reconciled: number | null;
  effective: number | null;
}

export function scoreOf(
  { clockStart, tracedAt }: { clockStart: string; tracedAt?: string },
  notices: readonly NoticeContent[],
  replies: readonly ReplyContent[],
  checks: readonly { informed: boolean; acted: boolean }[],
): Score {
  const since = (time: string | undefined): number | null =>
    time === undefined ? null : Math.round((Date.parse(time) - Date.parse(clockStart)) / 1000);
  const last = (times: readonly (string | undefined)[]): number | null => {
    const seconds = times.map(since);
    return seconds.length === 0 || seconds.includes(null) ? null : Math.max(...(seconds as number[]));
  };
  const issued = notices.flatMap(({ issuedAt }) => issuedAt ?? []).toSorted();
  const good = checks.filter(({ informed, acted }) => informed && acted).length;
  return {
    toTrace: since(tracedAt),
    toIssue: since(issued[0]),
    toAcknowledged: last(replies.map(({ acknowledgedAt }) => acknowledgedAt)),
    toAnswered: last(replies.map(({ answeredAt }) => answeredAt)),
    reconciled: reconciled(boardOf(replies, 0)),
    effective: checks.length === 0 ? null : good / checks.length,
  };
}
