import { getNamedType, getNullableType, isListType, isObjectType, type GraphQLObjectType } from 'graphql';
import { describe, expect, it } from 'vitest';
import { errorCodes } from '../../api/errors.ts';
import { readContract } from '../../api/graphql/schema.ts';

/* What callers may rely on in every operation, also in those that come: read from the contract itself. */
const contract = readContract();
const objects = Object.values(contract.getTypeMap()).filter(isObjectType);
const fieldsOf = (type: GraphQLObjectType | null | undefined) => Object.values(type?.getFields() ?? {});
const typeOf = (type: GraphQLObjectType, name: string) => String(type.getFields()[name]?.type);

describe('the manners of the contract', () => {
  it.each(fieldsOf(contract.getMutationType()).map(({ name, type }) => [name, type] as const))(
    'the mutation %s tells what its caller can put right in its payload, with a code of the closed list',
    (_name, type) => {
      const payload = getNamedType(type) as GraphQLObjectType;
      // Of several things at once each has an error of its own.
      const told = [payload, ...fieldsOf(payload).map((field) => getNamedType(field.type))].filter(
        isObjectType,
      );
      expect(told.some((each) => typeOf(each, 'error') === 'UserError')).toBe(true);
    },
  );

  it('has the closed list of codes, and each code a duty', () => {
    const codes = contract.getType('ErrorCode');
    const named = codes && 'getValues' in codes ? codes.getValues().map(({ name }) => name) : [];
    expect(named.toSorted()).toEqual(Object.keys(errorCodes).toSorted());
    for (const { duty } of Object.values(errorCodes)) expect(duty).toMatch(/[.]$/);
  });

  it.each(
    objects.filter(({ name }) => name.endsWith('Connection')).map((type) => [type.name, type] as const),
  )('%s is a connection as Relay knows it', (_name, type) => {
    const edge = getNamedType(type.getFields()['edges']?.type) as GraphQLObjectType;
    expect(isListType(getNullableType(type.getFields()['edges']?.type))).toBe(true);
    expect(typeOf(type, 'pageInfo')).toBe('PageInfo!');
    expect(typeOf(edge, 'cursor')).toBe('ID!');
    expect(isObjectType(getNamedType(edge.getFields()['node']?.type))).toBe(true);
    const users = objects.flatMap((each) =>
      fieldsOf(each).filter((field) => getNamedType(field.type) === type),
    );
    for (const { args } of users)
      expect(args.map(({ name }) => name)).toEqual(expect.arrayContaining(['first', 'after']));
  });

  it('writes moments as DateTime, and decimals not as floating point', () => {
    const ofTime = objects.flatMap((type) =>
      fieldsOf(type)
        .filter(({ name }) => /At$|Since$|^since$|^until$/.test(name))
        .map((field) => [type.name, field] as const),
    );
    expect(ofTime.length).toBeGreaterThan(20);
    for (const [type, { name, type: scalar }] of ofTime)
      expect([type, name, String(getNullableType(scalar))]).toEqual([
        type,
        name,
        expect.stringMatching(/^(DateTime|String)$/),
      ]);
  });
});
