import type { IncomingMessage, ServerResponse } from 'node:http';
import { buildASTSchema, concatAST, parse } from 'graphql';
import { describe, expect, it } from 'vitest';
import { access, type Admission } from '../../api/graphql/access.ts';
import { LotbookError } from '../../api/errors.ts';
import type { GraphQLContext, Services } from '../../api/graphql/context.ts';
import { isSubscription, openEngine } from '../../api/graphql/engine.ts';
import { executableSchema } from '../../api/graphql/schema.ts';
import { serveSubscription } from '../../api/graphql/subscriptions.ts';
import { CALLER_KINDS, type Caller, type CallerKind, type Role, ROLES } from '../../api/sharing/caller.ts';
import { readContract as contractIn } from '../../schema/contract.ts';
import { packagePath } from '../../api/package-root.ts';
import { serveGraphql } from '../support/graphql.ts';
import { soundCalls, type SoundCall } from '../support/wrong-arguments.ts';

/* Every operation of the contract, called by every kind of caller with every role there. */

/** That of the sample arguments. */
const BOOK = 'urn:sample:1';
type Where = 'ALL' | 'THIS' | 'OTHER';

interface Subject {
  name: string;
  kind: CallerKind;
  role: Role | null;
  where: Where;
}

const subjects: Subject[] = CALLER_KINDS.flatMap((kind) =>
  [null, ...ROLES].flatMap((role) =>
    // Roles in single books are people's and tokens', and are decided alike: people stand for both.
    (kind === 'PERSON' && role ? (['ALL', 'THIS', 'OTHER'] as const) : (['ALL'] as const)).map((where) => ({
      name: `${kind}-${role ?? 'NONE'}-${where}`,
      kind,
      role,
      where,
    })),
  ),
);

/** Written out once more, by the words of the roles: which of them suffice where one is asked for. */
const SUFFICE: Record<Role, readonly Role[]> = {
  VIEWER: ROLES,
  EDITOR: ['EDITOR', 'ADMINISTRATOR'],
  APPROVER: ['APPROVER', 'ADMINISTRATOR'],
  INVESTIGATOR: ['INVESTIGATOR', 'ADMINISTRATOR'],
  AUDITOR: ['AUDITOR', 'ADMINISTRATOR'],
  ADMINISTRATOR: ['ADMINISTRATOR'],
};

function isExpected(admission: Admission, { kind, role, where }: Subject): boolean {
  if (admission === 'SIGNED_IN') return true;
  if (admission === 'PERSON') return kind === 'PERSON';
  if (kind === 'PARTNER' || kind === 'INTRODUCED' || role === null) return false;
  const scope = typeof admission === 'string' ? 'ALL' : admission.in;
  const counts = { ALL: ['ALL'], BOOK: ['ALL', 'THIS'], SOME: ['ALL', 'THIS', 'OTHER'] }[scope].includes(
    where,
  );
  return counts && SUFFICE[typeof admission === 'string' ? admission : admission.role].includes(role);
}

function callerFor({ kind, role, where }: Subject): Caller {
  const organisation = kind === 'PARTNER' || kind === 'INTRODUCED' ? 'p.example' : 'a.example';
  const suffix = {
    NODE: '',
    PARTNER: '',
    INTRODUCED: '',
    PROGRAM: '/erp',
    TOKEN: '/tokens/1',
    PERSON: '/people/1',
  };
  const roles = role ? [role] : [];
  return {
    organisation,
    clientId: organisation + suffix[kind],
    own: organisation === 'a.example',
    introduced: kind === 'INTRODUCED',
    roles: where === 'ALL' ? roles : [],
    rolesIn: new Map(where === 'ALL' ? [] : [[where === 'THIS' ? BOOK : 'a.example/other', roles]]),
    groups: [],
    expiresAt: Infinity,
    ...(kind === 'PERSON' && { person: { id: '1', session: '1' } }),
  };
}

/** Whatever is behind the table answers in the same way. */
function behind(): Services {
  const reached = () => {
    throw new LotbookError('CONFLICT', 'reached');
  };
  const room = new Proxy(reached, {
    get: (_target, name) => (name === 'then' ? undefined : room),
    apply: reached,
  });
  const rooms = [
    'reading',
    'tracing',
    'inquiries',
    'exports',
    'approval',
    'books',
    'retention',
    'grants',
    'hub',
    'ackFeed',
    'partners',
  ];
  const more = ['keys', 'checkpoints', 'mandatedBooks', 'replication'];
  const log = { note: () => Promise.resolve(), noteLater: () => undefined };
  const people = new Proxy({ log }, { get: (target, name) => (name === 'log' ? target.log : room) });
  return {
    ...Object.fromEntries([...rooms, ...more].map((name) => [name, room])),
    people,
  } as unknown as Services;
}

const schema = executableSchema();
const engine = openEngine(schema);
const context = { ...behind(), address: '', requestId: '', signal: new AbortController().signal };

async function outcome(caller: Caller, { operation, document }: SoundCall): Promise<'admitted' | 'refused'> {
  const read = engine.read(document, null);
  const called = { schema, variables: {}, context: { ...context, caller } as GraphQLContext, ...read };
  const errors = isSubscription(read.operation)
    ? await serveSubscription({ ...called, ...NO_STREAM }).then(
        () => [],
        (error: Error) => [error],
      )
    : (await engine.execute({ ...called, contextValue: called.context })).errors;
  const isRefused = errors?.some(({ message }) => message.startsWith(`You may not call ${operation}.`));
  return isRefused ? 'refused' : 'admitted';
}

const NO_LIMIT = { enter: () => () => undefined };
const NO_STREAM = {
  limits: { requestStates: NO_LIMIT, traces: NO_LIMIT, inquiries: NO_LIMIT, presences: NO_LIMIT },
  req: { headers: { accept: 'text/event-stream' } } as IncomingMessage,
  res: {} as ServerResponse,
};

describe('the matrix of operations, roles and kinds of callers', () => {
  const calls = soundCalls();

  it.each(calls.map((call) => [`${call.type}.${call.operation}`, call] as const))(
    '%s',
    async (_name, call) => {
      const admission = access[call.type][call.operation];
      if (!admission) throw new Error('the table has no line for it');
      const got = await Promise.all(
        subjects.map(async (subject) => [subject.name, await outcome(callerFor(subject), call)]),
      );
      const expected = subjects.map((each) => [
        each.name,
        isExpected(admission, each) ? 'admitted' : 'refused',
      ]);
      expect(got).toEqual(expected);
    },
  );

  it('lets nobody in who is not signed in, to whatever operation', async () => {
    const endpoint = await serveGraphql({}, behind());
    for (const { operation, document } of calls) {
      const { status, data } = await endpoint.call('', document);
      expect([operation, status, data]).toEqual([operation, 401, undefined]);
    }
    await endpoint.close();
  });

  it('refuses an operation that the table does not have, to everybody', () => {
    const more = parse('extend type Query { secrets: [String!]! } extend type Mutation { destroy: Boolean }');
    const extended = executableSchema(buildASTSchema(concatAST([contractIn(packagePath('schema')), more])));
    for (const [type, name] of [
      ['Query', 'secrets'],
      ['Mutation', 'destroy'],
    ] as const) {
      const field = extended.getRootType(type.toLowerCase() as never)?.getFields()[name];
      for (const subject of subjects) {
        const call = () =>
          field?.resolve?.(undefined, {}, { ...context, caller: callerFor(subject) }, {} as never);
        expect(call).toThrow('You may not call');
      }
    }
  });

  it('has no line for what the contract does not have', () => {
    const known = new Set(calls.map(({ type, operation }) => `${type}.${operation}`));
    const lines = Object.entries(access).flatMap(([type, rows]) =>
      Object.keys(rows).map((name) => `${type}.${name}`),
    );
    expect(lines.filter((line) => !known.has(line))).toEqual([]);
  });
});
