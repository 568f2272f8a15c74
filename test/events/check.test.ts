import { describe, expect, it } from 'vitest';
import { checkText, DocumentError, hashText } from '../../api/events/check.ts';
import { documentOf, objectEvent } from './support.ts';

describe('checking a file', () => {
  it('says one line of a good one', () => {
    expect(checkText('a.json', documentOf([objectEvent(), objectEvent()]))).toEqual({
      ok: true,
      events: 2,
      line: 'a.json: ok, 2 events',
      problems: [],
    });
  });

  it('says one line of a bad one, with each fault and its place', () => {
    const { ok, line } = checkText(
      'a.json',
      documentOf([objectEvent(), objectEvent({ action: 'X' })], { foo: 1 }),
    );
    expect(ok).toBe(false);
    expect(line).toBe(
      'a.json: field foo: there is no such field; an extension needs a namespace; ' +
        'event 1, field epcisBody.eventList[1].action: give one of ADD, OBSERVE, DELETE',
    );
  });

  it('says where a text is no JSON', () => {
    expect(checkText('a.json', '{').line).toBe(
      'a.json: expected a member name in double quotes at line 1, column 2',
    );
  });

  it('gives no hashes of a bad one', () => {
    expect(() => hashText('{}')).toThrow(DocumentError);
    expect(() => hashText(documentOf([objectEvent({ action: 'X' })]))).toThrow(DocumentError);
    expect(hashText(documentOf([objectEvent()], { schemaVersion: 1.2 }))).toEqual(
      hashText(documentOf([objectEvent()])),
    );
    expect(hashText(documentOf([objectEvent()]))[0]).toMatch(/^ni:\/\/\/sha-256;[0-9a-f]{64}\?ver=CBV2\.0$/);
  });
});
