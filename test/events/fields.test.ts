import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  FieldConflictError,
  FieldNameError,
  flatten,
  formatFieldName,
  isFieldName,
  parseFieldName,
  unflatten,
} from '../../api/events/fields.ts';
import type { JsonObject, JsonValue } from '../../api/events/value.ts';

const key = fc.oneof(
  fc.string({ minLength: 1, maxLength: 6 }).filter((text) => text !== '__proto__' && !text.startsWith('{')),
  fc.constantFrom('a', 'b', 'a.b', 'a[]', '[', ']', '\\', 'x}y', 'a\\.b', 'constructor', 'toString'),
  fc.constantFrom('{https://ns.example.com/}x', '{http://a.b/c.d}e.f', '{urn:x}y[]', '{urn:x}{y}'),
);
const { value: anyValue } = fc.letrec<{ value: JsonValue; object: JsonObject }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.oneof(fc.string({ maxLength: 4 }), fc.integer(), fc.boolean()),
    fc.array(fc.oneof(tie('value'), fc.constant(null)), { maxLength: 3 }),
    fc.array(tie('object'), { maxLength: 3 }),
    tie('object'),
  ),
  object: fc.dictionary(key, tie('value'), { maxKeys: 4 }).map((object) => ({ ...object })),
}));
const anyObject = fc.dictionary(key, anyValue, { maxKeys: 5 }).map((object) => ({ ...object }) as JsonObject);

describe('fields of a record', () => {
  it('names the members of objects by paths', () => {
    expect(flatten({ readPoint: { id: 'x' }, action: 'ADD' })).toEqual({
      'readPoint.id': 'x',
      action: 'ADD',
    });
  });

  it('splits arrays of objects by member and keeps them aligned', () => {
    expect(flatten({ quantityList: [{ epcClass: 'a', uom: 'KGM' }, { epcClass: 'b' }] })).toEqual({
      'quantityList[].epcClass': ['a', 'b'],
      'quantityList[].uom': ['KGM', null],
    });
  });

  it('splits nested arrays of objects', () => {
    const object = { s: [{ r: [{ type: 'T' }, { type: 'H' }] }, { r: [{ type: 'A' }] }, { m: 1 }] };
    expect(flatten(object)).toEqual({ 's[].r[].type': [['T', 'H'], ['A'], null], 's[].m': [null, null, 1] });
  });

  it('drops members that are null and keeps empty values', () => {
    expect(flatten({ a: null, b: {}, c: [], d: [1, null] })).toEqual({ b: {}, c: [], d: [1, null] });
  });

  it('puts every normalised object together again', () => {
    fc.assert(
      fc.property(anyObject, (object) => {
        expect(unflatten(flatten(object))).toEqual(object);
      }),
    );
  });

  it('makes names that parse and format back to themselves', () => {
    fc.assert(
      fc.property(anyObject, (object) => {
        for (const name of Object.keys(flatten(object))) {
          expect(formatFieldName(parseFieldName(name))).toBe(name);
        }
      }),
    );
  });

  it('makes a well-formed part of any subset of the fields', () => {
    fc.assert(
      fc.property(anyObject, fc.infiniteStream(fc.boolean()), (object, keep) => {
        const all = flatten(object);
        const some = Object.fromEntries(Object.entries(all).filter(() => keep.next().value === true));
        const part = unflatten(some);
        expect(Object.keys(flatten(part)).every((name) => name in all)).toBe(true);
        expect(unflatten({ ...some, ...all })).toEqual(object);
      }),
    );
  });

  it('leaves out fields that are null', () => {
    expect(unflatten({ 'a.b': null, c: 1 })).toEqual({ c: 1 });
  });

  it('refuses fields that cannot stand together', () => {
    expect(() => unflatten({ a: 1, 'a.b': 2 })).toThrow(FieldConflictError);
    expect(() => unflatten({ 'a.b': 2, a: { c: 1 } })).toThrow(FieldConflictError);
    expect(() => unflatten({ 'a[].b': [2], 'a.b': 1 })).toThrow(FieldConflictError);
    expect(() => unflatten({ 'a[].b': 2 })).toThrow(FieldConflictError);
  });

  it('never writes into a value that it was given', () => {
    const shared = { c: 1 };
    expect(() => unflatten({ a: shared, 'a.b': 2 })).toThrow(FieldConflictError);
    expect(shared).toEqual({ c: 1 });
  });
});

describe('a field name', () => {
  it.each([
    'readPoint.id',
    'quantityList[].epcClass',
    '{https://ns.example.com/}a',
    'ilmd.{urn:x:y.z}b',
    'a\\.b',
  ])('%s is one', (name) => expect(isFieldName(name)).toBe(true));

  it.each([
    '',
    '.',
    'a.',
    'a..b',
    'a[]',
    'a[0].b',
    'a]',
    '{}a',
    '{urn:x}',
    '{urn:x',
    'a\\x',
    'a\\',
    '__proto__',
    'a{b}',
  ])('%j is none', (name) => {
    expect(isFieldName(name)).toBe(false);
    expect(() => parseFieldName(name)).toThrow(FieldNameError);
  });

  it('keeps the namespace of an extension readable', () => {
    expect(parseFieldName('ilmd.{http://ns.example.com/a.b/}x')).toEqual([
      { key: 'ilmd', list: false },
      { key: '{http://ns.example.com/a.b/}x', list: false },
    ]);
  });
});
