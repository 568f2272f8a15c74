import { describeError, LotbookError } from '../errors.ts';
import type { RecordChange } from '../approval/update.ts';
import type { NoticeContent } from '../recall/notice.ts';
import { dueSteps } from '../recall/reminders.ts';
import { instant, ownNode, write, type CasesDeps } from './deps.ts';
import { noticeIn, readKinds, replyIn } from './file.ts';
import { remindedOnce } from './follow-up.ts';

/** Reminds and escalates by itself, by the deadlines of the notices. */
export interface Reminders {
  start(): void;
  stop(): Promise<void>;
  /** One round over the notices of this node. Resolves to how many recipients it did something about. */
  tick(): Promise<number>;
}

const EVERY_MS = 30_000;

/**
 * The node does it in its own name, as changes of the replies, so that the log of the case tells of each and the recipient
 * sees it. Of two processes that do it at once one comes too late: its change is based on a version that is the last no more.
 */
export function openReminders(deps: CasesDeps): Reminders {
  let running: Promise<unknown> = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;
  const tick = async (): Promise<number> => {
    const node = ownNode(deps.organisation);
    let count = 0;
    for (const { id: book } of await deps.reading.books(node)) {
      if (!book.startsWith(`${deps.organisation}/case-`)) continue;
      const changes = await changesIn(deps, book);
      if (changes.length > 0) count += await writeUnlessLate(deps, book, changes);
    }
    return count;
  };
  return {
    tick,
    start: () => {
      timer = setInterval(() => {
        running = running
          .then(tick)
          .catch((error: unknown) => deps.log.warn(describeError(error), 'recipients could not be reminded'));
      }, EVERY_MS);
      timer.unref();
    },
    stop: async () => {
      clearInterval(timer);
      await running;
    },
  };
}

async function changesIn(deps: CasesDeps, book: string): Promise<RecordChange[]> {
  const node = ownNode(deps.organisation);
  const now = deps.clock();
  const notices = new Map<string, NoticeContent>();
  for (const view of await readKinds(deps, node, book, ['NOTICE']))
    notices.set(view.id, noticeIn(view).content);
  if (![...notices.values()].some(({ state }) => state === 'ISSUED')) return [];
  const changes: RecordChange[] = [];
  for (const { id, version, content } of (await readKinds(deps, node, book, ['REPLY'])).map(replyIn)) {
    const notice = notices.get(content.notice);
    if (notice?.state !== 'ISSUED') continue;
    const { remind, escalate } = dueSteps(content, now);
    if (!remind && !escalate) continue;
    const fields = {
      ...(remind && remindedOnce(content, now)),
      ...(escalate && { escalatedAt: instant(now), escalatedTo: whomToTell(notice) }),
    };
    changes.push({ record: id, kind: 'REPLY', base: version, fields });
  }
  return changes;
}

/** Who of the sender is reached at any time: a notice is not issued without. */
function whomToTell({ afterHoursContact, contact }: NoticeContent): string {
  return (afterHoursContact ?? contact)?.name ?? 'Whoever is on duty';
}

async function writeUnlessLate(
  deps: CasesDeps,
  book: string,
  changes: readonly RecordChange[],
): Promise<number> {
  try {
    await write(deps, ownNode(deps.organisation), book, changes);
    return changes.length;
  } catch (error) {
    // Somebody was faster, or an answer came: the next round sees it.
    if (error instanceof LotbookError && error.code === 'STALE_BASE') return 0;
    throw error;
  }
}
