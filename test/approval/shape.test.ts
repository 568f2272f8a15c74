import { expect, test } from 'vitest';
import { checkShape } from '../../api/approval/shape.ts';
import type { RecordChange } from '../../api/approval/update.ts';

const event = { type: 'ObjectEvent', eventID: 'urn:lotbook:grant:editors' };

function shapeOf(change: Partial<RecordChange>): () => void {
  const whole: RecordChange = { kind: 'NOTE', base: 0, ...change };
  return () => checkShape({ book: 'owner.example/season', key: 'k', changes: [whole] }, 'updates[0]');
}

test.each<Partial<RecordChange>>([
  { record: 'urn:lotbook:grant:editors', content: { text: 'x' } },
  { record: 'URN:Lotbook:anything', content: { text: 'x' } },
  { kind: 'EVENT', base: null, content: event },
  { kind: 'EVENT', base: null, fields: event },
  { kind: 'EVENT', base: null, valid: { id: event.eventID, fields: event } },
])('a record cannot have an id of the kind that rules have: %j', (change) => {
  expect(shapeOf(change)).toThrow(
    expect.objectContaining({ code: 'BAD_INPUT', details: { place: 'updates[0].changes[0].record' } }),
  );
});

test('a record may have any other id', () => {
  expect(shapeOf({ record: 'urn:lotbooks:1', content: { text: 'x' } })).not.toThrow();
});
