import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openedNames } from '../../api/delivery/copies.ts';
import { handOut } from '../../api/delivery/hand-out.ts';
import { ORDINARY_PURPOSE } from '../../api/sharing/grant.ts';
import { permittedFields } from '../../api/sharing/permitted.ts';
import { subjectOf } from '../../api/delivery/hand-out.ts';
import { Log, PARTNER } from './support/log.ts';

const question = (log: Log) => ({ audience: PARTNER, purpose: ORDINARY_PURPOSE, now: log.now });

function opened(disclosures: readonly string[]): string[] {
  return openedNames({ kind: 'CHANGE', token: '', disclosures, grants: [] });
}

describe('handing out an entry', () => {
  it('opens granted fields, those that are not set to null, and says by which grant', async () => {
    const log = new Log();
    const grant = await log.grant('some', { fields: ['text', 'colour'] });
    const { entry, key } = await log.change('NOTE', 'urn:x:1', { text: 'a', price: '7' });
    const given = handOut(entry, key, log.grants, question(log));
    expect(given?.fields).toEqual({ text: 'a' });
    expect(opened(given?.disclosures ?? [])).toEqual(['text', 'colour']);
    expect([...(given?.permitted ?? [])]).toEqual([
      ['text', [grant.id]],
      ['colour', [grant.id]],
    ]);
  });

  it('gives the list of names only with all fields', async () => {
    const log = new Log();
    await log.grant('all');
    const { entry, key } = await log.change('NOTE', 'urn:x:1', { text: 'a' });
    expect(opened(handOut(entry, key, log.grants, question(log))?.disclosures ?? [])).toEqual([
      'text',
      '@names',
    ]);
  });

  it('does not tell one audience which unset fields another one was granted', async () => {
    const log = new Log();
    await log.grant('theirs', {
      fields: ['price'],
      audience: { organisations: ['x.example'], groups: [], roles: [], public: false },
    });
    await log.grant('all');
    const { entry, key } = await log.change('NOTE', 'urn:x:1', { text: 'a' });
    expect(opened(handOut(entry, key, log.grants, question(log))?.disclosures ?? [])).not.toContain('price');
  });

  it('leaves nothing of an erased record, and nothing of a local copy for others', async () => {
    const log = new Log();
    await log.grant('all', { backfill: true });
    const { entry, key } = await log.change('NOTE', 'urn:x:1', { text: 'a' });
    expect(handOut(entry, null, log.grants, question(log))).toBeNull();
    expect(handOut({ ...entry, state: null }, key, log.grants, question(log))).toBeNull();
    expect(handOut({ ...entry, disclosures: ['x'] }, null, log.grants, question(log))).toBeNull();
    expect(handOut({ ...entry, disclosures: ['x'] }, null, log.grants, 'OWN')?.disclosures).toEqual(['x']);
    expect(handOut({ ...entry, state: null }, null, log.grants, 'OWN')).toMatchObject({
      fields: {},
      disclosures: [],
    });
  });

  it('of a grant shows a partner its own share of the audience', async () => {
    const log = new Log();
    const organisations = [PARTNER.organisation, 'other.example'];
    await log.grant('both', { audience: { organisations, groups: [], roles: ['AUDITOR'], public: false } });
    const { entry, key } = log.changes[0] as (typeof log.changes)[number];
    const fields = Object.keys(handOut(entry, key, log.grants, question(log))?.fields ?? {});
    expect(fields.filter((name) => name.startsWith('audience.'))).toEqual([
      `audience.organisation:${PARTNER.organisation}`,
    ]);
  });

  it('never opens a name that is not permitted', async () => {
    const names = ['a', 'b', 'c', 'd', 'e'];
    const granted = fc.oneof(fc.constant(['*']), fc.subarray([...names, 'unset']));
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ fields: granted, mine: fc.boolean(), backfill: fc.boolean() }), {
          maxLength: 4,
        }),
        fc.subarray(names, { minLength: 1 }),
        async (grants, set) => {
          const log = new Log();
          const before = await log.change(
            'NOTE',
            'urn:x:0',
            Object.fromEntries(set.map((name) => [name, '0'])),
          );
          for (const [index, { fields, mine, backfill }] of grants.entries()) {
            const organisations = [mine ? PARTNER.organisation : 'x.example'];
            const audience = { organisations, groups: [], roles: [], public: false };
            await log.grant(`g${index}`, { fields, backfill, audience });
          }
          const after = await log.change(
            'NOTE',
            'urn:x:1',
            Object.fromEntries(set.map((name) => [name, '1'])),
          );
          for (const { entry, key } of [before, after]) {
            const candidates = [...names, 'unset', '@names'];
            const permitted = permittedFields(log.grants, subjectOf(entry), candidates, question(log));
            const given = handOut(entry, key, log.grants, question(log));
            for (const name of Object.keys(given?.fields ?? {}))
              expect([...permitted.keys()]).toContain(name);
            for (const name of opened(given?.disclosures ?? []))
              expect([...permitted.keys()]).toContain(name);
            const due = set.filter((name) => permitted.has(name));
            expect(Object.keys(given?.fields ?? {}).sort()).toEqual(due.sort());
          }
        },
      ),
      { numRuns: 100 },
    );
  });
});
