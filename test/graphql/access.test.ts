import { describe, expect, it } from 'vitest';
import { access, checkAccess, type RootType } from '../../api/graphql/access.ts';
import { executableSchema, readContract } from '../../api/graphql/schema.ts';
import type { Caller, Role } from '../../api/sharing/caller.ts';

const ROOTS: RootType[] = ['Query', 'Mutation', 'Subscription'];

function caller(own: boolean, ...roles: Role[]): Caller {
  return { organisation: 'a.example', clientId: 'a.example', own, roles, groups: [], expiresAt: Infinity };
}

describe('the table of access', () => {
  it.each(ROOTS)('has every operation of the contract, and no other: %s', (type) => {
    const fields =
      readContract()
        .getRootType(type.toLowerCase() as never)
        ?.getFields() ?? {};
    expect(Object.keys(access[type]).sort()).toEqual(Object.keys(fields).sort());
  });

  it('stands before every query and mutation', () => {
    const schema = executableSchema();
    for (const type of ['Query', 'Mutation'] as const) {
      for (const field of Object.values(schema.getRootType(type.toLowerCase() as never)?.getFields() ?? {})) {
        if (access[type][field.name] === 'SIGNED_IN') continue;
        const people = { log: { noteLater: () => undefined } };
        const context = { caller: caller(false, 'ADMINISTRATOR'), people };
        expect(() => field.resolve?.(undefined, {}, context, {} as never)).toThrow(/may not call/);
      }
    }
  });

  it('answers every query and mutation with a resolver of its own', () => {
    const schema = executableSchema();
    const before = readContract();
    for (const type of ['query', 'mutation'] as const) {
      for (const field of Object.values(schema.getRootType(type as never)?.getFields() ?? {})) {
        expect(field.resolve).toBeDefined();
        expect(before.getRootType(type as never)?.getFields()[field.name]?.resolve).toBeUndefined();
      }
    }
  });

  it('admits nobody to what it has not', () => {
    expect(() => checkAccess(caller(true, 'ADMINISTRATOR'), 'Query', 'constructor')).toThrow(/may not call/);
    expect(() => checkAccess(caller(true, 'ADMINISTRATOR'), 'Mutation', 'books')).toThrow(/may not call/);
  });

  it('takes a role only from people of the organisation itself', () => {
    expect(() => checkAccess(caller(true, 'APPROVER'), 'Mutation', 'approveRequest')).not.toThrow();
    expect(() => checkAccess(caller(true, 'EDITOR'), 'Mutation', 'approveRequest')).toThrow(/APPROVER/);
    expect(() => checkAccess(caller(false, 'APPROVER'), 'Mutation', 'approveRequest')).toThrow(/APPROVER/);
    expect(() => checkAccess(caller(false), 'Query', 'books')).not.toThrow();
  });

  it('takes a role in one book for that book alone', () => {
    const person: Caller = { ...caller(true), rolesIn: new Map([['a.example/x', ['APPROVER']]]) };
    const pending = (book: string) => () => checkAccess(person, 'Query', 'pendingRequests', { book });
    expect(pending('a.example/x')).not.toThrow();
    expect(pending('a.example/y')).toThrow(/APPROVER.* in this book/);
    // Which book a request is of, only what answers it knows.
    expect(() => checkAccess(person, 'Mutation', 'approveRequest', { id: '1' })).not.toThrow();
    expect(() => checkAccess(person, 'Mutation', 'eraseRecord', { book: 'a.example/x' })).toThrow(/ADMINI/);
    expect(() => checkAccess(person, 'Query', 'partners')).toThrow(/VIEWER/);
    const partner = { ...person, own: false };
    expect(() => checkAccess(partner, 'Query', 'pendingRequests', { book: 'a.example/x' })).toThrow(/APPR/);
  });

  it.each(ROOTS)('finds the book of an operation where it asks for one: %s', (type) => {
    const fields =
      readContract()
        .getRootType(type.toLowerCase() as never)
        ?.getFields() ?? {};
    for (const [name, admission] of Object.entries(access[type])) {
      if (typeof admission === 'string' || admission.in === 'SOME') continue;
      const args = Object.fromEntries((fields[name]?.args ?? []).map((arg) => [arg.name, arg.type]));
      const input = args['input'];
      const inner = input && 'ofType' in input ? input.ofType : undefined;
      const names = inner && 'getFields' in inner ? Object.keys(inner.getFields()) : Object.keys(args);
      expect([name, names.includes('book')]).toEqual([name, true]);
    }
  });
});
