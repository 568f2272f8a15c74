import { ORDINARY_PURPOSE, type GrantTerms } from '../../api/sharing/grant.ts';

/** A rule that lets nobody read everything, for all time, from now on: a test says what is other. */
export function grantTerms(other: Partial<GrantTerms>): GrantTerms {
  return {
    right: 'READ',
    audience: audience(),
    selector: { kinds: [], products: [], lots: [], records: [], from: null, until: null },
    fields: ['*'],
    purpose: ORDINARY_PURPOSE,
    from: null,
    until: null,
    backfill: false,
    title: null,
    ...other,
  };
}

/** These organisations and nobody else. */
export function audience(...organisations: string[]): GrantTerms['audience'] {
  return { organisations, groups: [], roles: [], public: false };
}
