import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readFileSync } from 'node:fs';
import { buildClientSchema, getIntrospectionQuery, type IntrospectionQuery } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { costOf } from '../../api/graphql/cost.ts';
import { openEngine } from '../../api/graphql/engine.ts';
import { readOperations } from '../../api/graphql/persisted.ts';
import { executableSchema } from '../../api/graphql/schema.ts';
import type { Services } from '../../api/graphql/context.ts';
import { packagePath } from '../../api/package-root.ts';
import type { Caller } from '../../api/sharing/caller.ts';
import { ownCaller, partnerCaller } from '../support/approval.ts';
import { serveGraphql, type GraphqlEndpoint } from '../support/graphql.ts';

const OF_THE_ADMIN = packagePath('web-admin', 'src', 'operations', 'generated', 'operations.json');
const NODE = { name: 'Node', id: 'sha256:one', document: 'query Node { node { organisation } }' };
const person: Caller = { ...ownCaller('a.example', 'VIEWER'), person: { id: '1', session: '1' } };
const callers = { person, partner: partnerCaller('p.example') };

let dir: string;
let open: GraphqlEndpoint;
let closed: GraphqlEndpoint;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'lotbook-operations-'));
  const file = join(dir, 'operations.json');
  await writeFile(file, JSON.stringify([NODE]));
  const operations = readOperations(file);
  const config = { maxBodyBytes: 100_000, heartbeatMs: 60_000 };
  open = await serveGraphql(callers, {}, { operations });
  const only: Partial<Services> = { config: { ...config, sessionDocuments: 'admin' } };
  closed = await serveGraphql(callers, only, { operations });
});
afterAll(async () => {
  await Promise.all([open?.close(), closed?.close()]);
  await rm(dir, { recursive: true, force: true });
});

const ask = (endpoint: GraphqlEndpoint, as: string, body: object) =>
  endpoint.call(as, '', {}, { body: JSON.stringify(body) });

describe('an operation that the node knows', () => {
  it('is asked for by its id', async () => {
    for (const endpoint of [open, closed]) {
      const { status, data } = await ask(endpoint, 'person', { documentId: NODE.id });
      expect([status, data]).toEqual([200, { node: { organisation: 'a.example' } }]);
    }
  });

  it('is asked for by nobody who is not signed in', async () => {
    expect((await ask(open, '', { documentId: NODE.id })).status).toBe(401);
  });

  it.each([
    ['an id that it does not know', { documentId: 'sha256:two' }, 'UNKNOWN_OPERATION', 'documentId'],
    ['an id of another type', { documentId: 1 }, 'BAD_INPUT', 'documentId'],
    ['an id and a document', { documentId: NODE.id, query: '{ node { name } }' }, 'BAD_INPUT', 'documentId'],
    ['neither', {}, 'BAD_INPUT', 'query'],
  ])('is not guessed from %s', async (_what, body, code, place) => {
    const { status, errors } = await ask(open, 'person', body);
    expect([status, errors?.[0]?.extensions]).toEqual([
      400,
      expect.objectContaining({ code, place, requestId: 'request-1' }),
    ]);
  });

  it('is all that people in a browser may ask for, where the node says so; programs are free', async () => {
    const body = { query: '{ node { organisation } }' };
    const refused = await ask(closed, 'person', body);
    expect([refused.status, refused.errors?.[0]?.extensions['code']]).toEqual([403, 'NOT_PERMITTED']);
    expect((await ask(closed, 'partner', body)).status).toBe(200);
    expect((await ask(open, 'person', body)).status).toBe(200);
  });

  it('is each of the admin’s: the node takes them all', () => {
    const schema = executableSchema();
    const engine = openEngine(schema);
    const known = readOperations(OF_THE_ADMIN);
    expect(known.size).toBe((JSON.parse(readFileSync(OF_THE_ADMIN, 'utf8')) as object[]).length);
    for (const text of known.values()) {
      const read = engine.read(text, null);
      expect(() => costOf({ schema, ...read, variables: {} })).not.toThrow();
    }
  });
});

describe('the contract', () => {
  it('is told by introspection to whoever is signed in', async () => {
    const { data } = await open.call('partner', getIntrospectionQuery());
    const told = buildClientSchema(data as unknown as IntrospectionQuery);
    expect(told.getQueryType()?.getFields()['records']).toBeDefined();
  });

  it('is told to nobody else', async () => {
    const { status, data } = await open.call('', getIntrospectionQuery());
    expect([status, data]).toEqual([401, undefined]);
  });
});
