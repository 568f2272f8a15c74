import type { MemberRecord } from '../authority/member.ts';

/** The stored part of a member that is in no other column or table. */
type Stored = Pick<MemberRecord, 'final' | 'opening' | 'recovering' | 'frozen'>;

/** What is stored for a member, and under which mandate: at its start, or when the owner makes it one, `STARTING`. */
export function textOf(m: number, { final, opening, recovering, frozen }: Stored): string {
  return JSON.stringify({ m, final, opening, recovering, frozen });
}

/** What `textOf` wrote; before there was a mandate in it, none could begin a book anew. */
export function memberOf(text: string): Stored & { m: number } {
  return { m: Number.POSITIVE_INFINITY, ...(JSON.parse(text) as Stored) };
}

export const STARTING = { opening: null, recovering: false, frozen: null };
