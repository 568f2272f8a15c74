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
        const context = { caller: caller(false, 'ADMINISTRATOR') };
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
});
