import { describeError } from '../errors.ts';
import { flatten, type Fields } from '../events/fields.ts';
import type { JsonObject } from '../events/value.ts';
import { sha256 } from '../identity/sha256.ts';
import { upwardOf } from '../recall/board.ts';
import type { ReplyContent } from '../recall/notice.ts';
import { ask, receivedNotice } from './answer.ts';
import { ownNode, type CasesDeps } from './deps.ts';
import { findCase, noticeIn, readKinds, readReplies, type InFile } from './file.ts';

const SUMS = [
  'below.notified',
  'below.acknowledged',
  'below.answered',
  'below.confirmed',
  'foundBelow[].quantity',
  'foundBelow[].uom',
  'foundBelow[].disposition',
];
/** Answers that come together go up together. */
const PAUSE_MS = 200;

/** Brings what the lower tiers answer to those from whom a notice came, in sums, as it comes. */
export interface PassUp {
  /** Looks after a case from now on. */
  follow(book: string): Promise<void>;
  /** Looks after all the cases of this node that were opened for a notice of another. */
  start(): void;
  stop(): Promise<void>;
}

/**
 * The bell of the case, and of the book that its notice came from, tells that something may have changed; then the sums are made
 * anew, and a request goes up if they differ from what is known there. Its key follows from its content and its base: to ask twice
 * changes nothing.
 */
export function openPassUp(deps: CasesDeps): PassUp {
  const node = ownNode(deps.organisation);
  const followed = new Map<string, (() => void)[]>();
  let running: Promise<unknown> = Promise.resolve();
  const timers = new Map<string, NodeJS.Timeout>();
  let isStopped = false;

  const passUp = async (book: string): Promise<void> => {
    for (const view of await readKinds(deps, node, book, ['NOTICE'])) {
      const { id, content } = noticeIn(view);
      const { upstream, state } = content;
      if (!upstream || (state !== 'ISSUED' && state !== 'CLOSED')) continue;
      const { notice, reply } = await receivedNotice(deps, node, upstream.book, upstream.notice);
      if (notice.content.state !== 'ISSUED') continue;
      const replies = await readReplies(deps, node, book, id);
      const fields = changed(
        reply,
        replies.map(({ content: each }) => each),
      );
      if (fields) await ask(deps, node, reply, fields, keyOf(reply, fields));
    }
  };
  const soon = (book: string): void => {
    if (isStopped || timers.has(book)) return;
    timers.set(
      book,
      setTimeout(() => {
        timers.delete(book);
        running = running
          .then(() => (isStopped ? undefined : passUp(book)))
          .catch((error: unknown) =>
            deps.log.warn({ book, ...describeError(error) }, 'answers could not be passed up yet'),
          );
      }, PAUSE_MS),
    );
  };
  const follow = async (book: string): Promise<void> => {
    if (isStopped || followed.has(book)) return;
    const upstream = (await findCase(deps, node, book))?.content.upstream;
    if (!upstream || followed.has(book)) return;
    followed.set(
      book,
      [book, upstream].map((topic) => deps.bell.on(topic, () => soon(book))),
    );
    soon(book);
  };

  return {
    follow,
    start: () => {
      const isCase = (id: string): boolean => id.startsWith(`${deps.organisation}/case-`);
      running = deps.reading
        .books(node)
        .then(async (books) => {
          for (const { id } of books.filter(({ id: book }) => isCase(book))) await follow(id);
        })
        .catch((error: unknown) => deps.log.warn(describeError(error), 'cases could not be looked after'));
    },
    stop: async () => {
      isStopped = true;
      for (const timer of timers.values()) clearTimeout(timer);
      for (const ends of followed.values()) for (const end of ends) end();
      await running;
    },
  };
}

/** What of a reply is other than the sums of the lower tier; null where nothing is. */
function changed({ content }: InFile<ReplyContent>, replies: readonly ReplyContent[]): Fields | null {
  const { below, foundBelow } = upwardOf(replies);
  const wanted = flatten({ below, foundBelow } as unknown as JsonObject);
  const { below: toldBelow, foundBelow: toldFound } = content;
  const told = flatten({
    ...(toldBelow && { below: toldBelow }),
    ...(toldFound && { foundBelow: toldFound }),
  } as unknown as JsonObject);
  const fields: Fields = {};
  for (const name of SUMS) {
    const [now, before] = [wanted[name] ?? null, told[name] ?? null];
    if (JSON.stringify(now) !== JSON.stringify(before)) fields[name] = now;
  }
  return Object.keys(fields).length === 0 ? null : fields;
}

function keyOf({ id, version }: InFile<ReplyContent>, fields: Fields): string {
  return `pass-up:${sha256(`${id} ${version} ${JSON.stringify(fields)}`)}`;
}
