import type { GrantPartsFragment, SharingQuery } from '../../operations/generated/documents.ts';
import { KINDS } from '../record/words.ts';

export type SharedField = SharingQuery['sharing']['fields'][number];
type Share = SharedField['partners'][number];

/** What a partner may see of a field, in two words: all, some, only what comes, nothing. */
export function shareText(field: Pick<SharedField, 'records'>, share: Share | undefined): string {
  if (!share || (share.records === 0 && share.anew === 0)) return 'no';
  if (share.records === 0) return 'from now on';
  const now = share.records === field.records ? 'all' : `${share.records} of ${field.records}`;
  return share.anew === 0 ? `${now}, no new ones` : now;
}

/** A rule as a sentence. */
export function ruleText(grant: GrantPartsFragment, nameOf: (id: string) => string): string {
  const { right, audience, selector, fields, backfill } = grant;
  const who = [
    ...audience.organisations.map(nameOf),
    ...audience.groups.map((group) => `the group ${group}`),
    ...audience.roles.map((role) => `own people with the role ${role.toLowerCase()}`),
    ...(audience.public ? ['everybody'] : []),
  ].join(', ');
  const what = fields.includes('*') ? 'all fields' : fields.join(', ');
  const of =
    selector.kinds.length === 0
      ? 'records of every kind'
      : selector.kinds.map((kind) => KINDS[kind]).join(', ');
  const limits = [...selector.products, ...selector.lots, ...selector.records];
  const only = limits.length === 0 ? '' : `, only of ${limits.join(', ')}`;
  const reach = right !== 'READ' || backfill ? '' : ', of what is recorded from then on';
  return `${who || 'nobody'} may ${RIGHTS[right]} ${what} of ${of}${only}${reach}`;
}

/** Whether it opens nothing before a recall is declared. */
export function isPrepared({ purpose }: Pick<GrantPartsFragment, 'purpose'>): boolean {
  return purpose === 'emergency:rule';
}

const RIGHTS = { READ: 'see', REQUEST: 'propose values for', CHANGE: 'change' } as const;
