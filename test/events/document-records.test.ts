import { expect, it } from 'vitest';
import { documentRecords } from '../../api/events/document-records.ts';
import { parseDocument } from '../../api/events/epcis.ts';
import { eventHash } from '../../api/events/hash.ts';
import { documentOf, objectEvent } from './support.ts';

it('a document is recorded as its events, by eventID or event hash, and its master data', () => {
  const element = {
    id: 'urn:epc:id:pgln:4012345.00005',
    attributes: [{ id: 'urn:epcglobal:cbv:mda#name', attribute: 'Fisher' }],
  };
  const vocabulary = { type: 'urn:epcglobal:epcis:vtype:Party', vocabularyElementList: [element] };
  const events = [objectEvent({ eventID: 'urn:example:event:a' }), objectEvent({ 'example:a': 1 })];
  const header = { epcisHeader: { epcisMasterData: { vocabularyList: [vocabulary] } } };
  const parsed = parseDocument(documentOf(events, header));
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  const [, anonymous] = parsed.events;
  expect(documentRecords(parsed)).toMatchObject({
    events: [
      {
        kind: 'EVENT',
        id: 'urn:example:event:a',
        fields: { eventID: 'urn:example:event:a', type: 'ObjectEvent' },
      },
      { kind: 'EVENT', id: anonymous && eventHash(anonymous), fields: { type: 'ObjectEvent' } },
    ],
    masterData: [{ kind: 'PARTY', id: 'https://id.gs1.org/417/4012345000054', fields: { name: 'Fisher' } }],
  });
});
