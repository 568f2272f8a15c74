import { getIntrospectionQuery } from 'graphql';
import { describe, expect, it } from 'vitest';
import { DocumentError, openEngine } from '../../api/graphql/engine.ts';
import { readContract } from '../../api/graphql/schema.ts';

const documents = openEngine(readContract());

function faults(query: string): string[] {
  try {
    documents.read(query, null);
    return [];
  } catch (error) {
    if (error instanceof DocumentError) return error.errors.map(({ message }) => message);
    throw error;
  }
}

describe('a document', () => {
  it('may be as large as the introspection query', () => {
    expect(faults(getIntrospectionQuery())).toEqual([]);
  });

  it('is refused when it nests too deeply', () => {
    const deep = '{ __schema { types { ' + 'ofType { '.repeat(14) + 'name' + ' }'.repeat(14) + ' } } }';
    expect(faults(deep)).toEqual([expect.stringContaining('at most 15 levels')]);
  });

  it('is refused when it calls many operations by aliases', () => {
    const calls = Array.from({ length: 11 }, (_, at) => `a${at}: books { id }`).join(' ');
    expect(faults(`{ ${calls} }`)).toEqual([expect.stringContaining('at most 10 operations')]);
  });

  it('is refused when fragments multiply its fields', () => {
    const steps = Array.from(
      { length: 12 },
      (_, at) => `fragment f${at} on Book { ...f${at + 1} x${at}: id ...f${at + 1} }`,
    );
    const text = `{ books { ...f0 } } ${steps.join(' ')} fragment f12 on Book { id }`;
    expect(faults(text)).toEqual([expect.stringContaining('at most 500 fields')]);
  });

  it('is refused when it goes in circles', () => {
    expect(faults('{ books { ...a } } fragment a on Book { ...b } fragment b on Book { ...a }')).not.toEqual(
      [],
    );
  });

  it('is refused when it has too many tokens', () => {
    expect(faults(`{ ${'books { id } '.repeat(2000)} }`)).toEqual([expect.stringContaining('token')]);
  });

  it('is read once where it is short, and forgotten where it is long', () => {
    const short = '{ books { id } }';
    const long = `{ books { id } } # ${'x'.repeat(5_000)}`;
    expect(documents.read(short, null).document).toBe(documents.read(short, null).document);
    expect(documents.read(long, null).document).not.toBe(documents.read(long, null).document);
  });

  it('is refused when it asks for what the contract has not', () => {
    expect(faults('{ secrets }')).toEqual([expect.stringContaining('secrets')]);
  });

  it('needs the name of one of its operations where it has several', () => {
    const two = 'query a { books { id } } query b { books { id } }';
    expect(documents.read(two, 'b').operation.name?.value).toBe('b');
    expect(() => documents.read(two, null)).toThrow(expect.objectContaining({ code: 'BAD_INPUT' }));
    expect(() => documents.read(two, 'c')).toThrow(expect.objectContaining({ code: 'BAD_INPUT' }));
  });
});
