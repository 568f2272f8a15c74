import { isDeepStrictEqual } from 'node:util';
import { LotbookError } from '../errors.ts';
import { GRANT_RIGHTS, grantFromFields, grantToFields } from '../sharing/grant.ts';
import { attributesOf } from '../sharing/subject.ts';
import type { CurrentRecord, PreparedChange, RecordChange, RequestError } from './update.ts';

/** Works out the change of a sharing rule: its fields are given whole. Throws BAD_INPUT where they are no rule. */
export function prepareGrant(
  change: RecordChange,
  current: CurrentRecord | null,
  place: string,
): Omit<PreparedChange, 'index'> {
  const record = change.record ?? '';
  const fields = { ...change.fields };
  const terms = grantFromFields({ id: record, version: 0, since: 0 }, fields);
  if (!GRANT_RIGHTS.includes(terms.right) || !isDeepStrictEqual(grantToFields(terms), fields)) {
    throw new LotbookError('BAD_INPUT', 'These are not the fields of a sharing rule.', {
      place: `${place}.fields`,
    });
  }
  const version = current?.version ?? 0;
  return {
    record,
    kind: 'GRANT',
    base: change.base,
    seenVersion: version,
    names: Object.keys(fields),
    before: null,
    after: attributesOf('GRANT', record, fields),
    state: fields,
    same: false,
    links: [],
    refusal: version === change.base ? null : grantMoved(change.base ?? 0, version),
  };
}

/** Somebody else changed the rule, or took its name. */
export function grantMoved(base: number, currentVersion: number): RequestError {
  return base === 0
    ? { code: 'CONFLICT', message: 'There is a grant with this name.', place: 'input.name' }
    : { code: 'STALE_BASE', message: 'The grant has changed.', currentVersion };
}
