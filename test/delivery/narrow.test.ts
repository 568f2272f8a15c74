import { describe, expect, it } from 'vitest';
import { narrow } from '../../api/delivery/narrow.ts';
import { wantedIdentifiers } from '../../api/delivery/record-search.ts';
import { grantFromFields, type Grant } from '../../api/sharing/grant.ts';

const question = {
  audience: { organisation: 'p.example', groups: [], roles: [] },
  purpose: 'traceability',
  now: 0,
};
const search = {
  kinds: ['EVENT' as const],
  identifiers: [wantedIdentifiers(['https://id.gs1.org/01/09521234543213'])],
  from: 1,
  until: 2,
};

function read(...fields: string[]): Grant {
  return grantFromFields(
    { id: 'urn:lotbook:grant:g', version: 1, since: 1 },
    { right: 'READ', fields, purpose: 'traceability', 'audience.organisation:p.example': true },
  );
}

describe('what the database is asked before permission is evaluated', () => {
  it('is everything for the own people, and where everything is shared', () => {
    expect(narrow(search, [], 'OWN')).toEqual(search);
    expect(narrow(search, [read('*')], question)).toEqual(search);
  });

  it('is no time and no link where a grant gives records without them', () => {
    const hidden = { identifiers: undefined, from: undefined, until: undefined };
    expect(narrow(search, [read('*'), read('bizStep')], question)).toEqual({ ...search, ...hidden });
    expect(narrow(search, [read('bizStep')], question)).toEqual({ ...search, ...hidden });
  });

  it('is no link where only some of the fields that link are given', () => {
    expect(narrow(search, [read('eventTime', 'epcList')], question)).toEqual({
      ...search,
      identifiers: undefined,
    });
  });
});
