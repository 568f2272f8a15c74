import type { ReplyContent } from './notice.ts';

/** What is done about a recipient who does not answer in time. */
export interface DueSteps {
  remind: boolean;
  escalate: boolean;
}

/**
 * Once each: a reminder when the time to acknowledge is over, one when the time to answer is, and then it is escalated. Who was
 * reminded since a deadline, by whomever, is not reminded of it again.
 */
export function dueSteps(
  { state, acknowledgeBy, respondBy, remindedAt, escalatedAt }: ReplyContent,
  now: number,
): DueSteps {
  const isMissed = (deadline: string | undefined): deadline is string =>
    deadline !== undefined && Date.parse(deadline) < now;
  const isUnreminded = (deadline: string): boolean =>
    remindedAt === undefined || Date.parse(remindedAt) < Date.parse(deadline);
  const missed = [
    ...(state === 'AWAITED' && isMissed(acknowledgeBy) ? [acknowledgeBy] : []),
    ...((state === 'AWAITED' || state === 'ACKNOWLEDGED') && isMissed(respondBy) ? [respondBy] : []),
  ];
  return {
    remind: missed.some(isUnreminded),
    escalate: missed.includes(respondBy ?? '') && escalatedAt === undefined,
  };
}
