import { LotbookError } from '../errors.ts';
import type { NoticeContent } from '../recall/notice.ts';
import type { Caller } from '../sharing/caller.ts';
import { answerNotice, receivedNotice } from './answer.ts';
import { instant, needRole, type CasesDeps } from './deps.ts';
import { draftNotice } from './drafting.ts';
import { findConsignees } from './find-consignees.ts';
import { noticeIn, readKinds, type InFile } from './file.ts';
import { openFile } from './open-case.ts';

/**
 * Drafts the notice that passes a received one on, under the same case id, in a case of this organisation's own. Of that case
 * the upper tier sees nothing; what its recipients answer goes up in sums (pass-up.ts).
 */
export async function forwardNotice(
  deps: CasesDeps,
  caller: Caller,
  given: { book: string; id: string },
): Promise<InFile<NoticeContent>> {
  needRole(caller, 'INVESTIGATOR', null);
  const { notice, reply } = await receivedNotice(deps, caller, given.book, given.id);
  const { content } = notice;
  if (content.state !== 'ISSUED') throw new LotbookError('CONFLICT', 'The notice is closed.');
  // Who passes it on has received it.
  if (reply.content.state === 'AWAITED')
    await answerNotice(deps, caller, { ...given, state: 'ACKNOWLEDGED' });
  const { title, hazard, drill } = content;
  const { book } = await openFile(deps, caller, content.case, {
    title,
    state: 'OPEN',
    clockStart: content.issuedAt ?? instant(deps.clock()),
    drill,
    ...(content.class && { class: content.class }),
    ...(hazard && { hazard }),
    openedBy: caller.clientId,
    upstream: given.book,
  });
  const earlier = (await readKinds(deps, caller, book, ['NOTICE']))
    .map(noticeIn)
    .find((each) => each.content.upstream?.notice === given.id && each.content.state !== 'CANCELLED');
  if (earlier) return earlier;
  const affected = (content.lots ?? []).filter(({ state }) => state === 'AFFECTED');
  const { lots, consignees } = await findConsignees(
    deps,
    caller,
    affected.map(({ lot }) => lot),
  );
  const known = new Map(affected.map((each) => [each.lot, each]));
  const { action, reason, depth, instructions, acknowledgeBy, respondBy } = content;
  return draftNotice(deps, caller, book, {
    type: 'INITIAL',
    action,
    title,
    ...(content.class && { class: content.class }),
    ...(reason && { reason }),
    ...(depth && { depth }),
    ...(hazard && { hazard }),
    ...(instructions && { instructions }),
    ...(acknowledgeBy && { acknowledgeBy }),
    ...(respondBy && { respondBy }),
    lots: lots.map((lot) => known.get(lot) ?? { lot, state: 'AFFECTED' as const }),
    // Nobody sends a notice back to where it came from.
    ...(consignees.length > 0 && {
      recipients: consignees.filter(({ organisation }) => organisation !== ownerOf(given.book)),
    }),
    upstream: { book: given.book, notice: given.id },
  });
}

function ownerOf(book: string): string {
  return book.slice(0, book.indexOf('/'));
}
