import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectOwnNode, type OwnNode } from '../../api/cli/own-node.ts';
import { readConfig } from '../../api/config.ts';
import { publicPart, verificationKey } from '../../api/identity/jwk.ts';
import { verifyStanding } from '../../api/ledger/statements/standing.ts';
import { keepEvidence } from '../../api/store/authority.ts';
import { startTestNode, type TestNode } from '../support/node.ts';
import { makePartners, until } from '../support/nodes.ts';

const BOOK = 'farm.example/harvest';
const OUTSIDE = 'book holder term since why state current mode primary backup witness registrar insync';
const INSIDE = 'explanation final proposed lag heardAgoMs countersigned';
const AUTHORITY = `query ($book: ID!) { authority(book: $book) {
  ${OUTSIDE} ${INSIDE} leaseMs takeoverMs handBack mandate mandateToken termToken
  terms { n holder insync registrar why since confirmedBy token } evidence { kind detail first second at }
} }`;
const APPOINT = `mutation ($input: AppointAuthorityInput!) { appointAuthority(input: $input) {
  authority { ${OUTSIDE} ${INSIDE} leaseMs takeoverMs handBack } error { code place }
} }`;
const HAND_OVER = `mutation ($book: ID!) { handOverAuthority(book: $book) { authority { holder term why } error { code } } }`;
const TAKE_OVER = `mutation ($book: ID!) { takeOverAuthority(book: $book) { authority { holder } error { code } } }`;

type Json = Record<string, unknown>;
type Name = 'farm' | 'packer' | 'notary' | 'buyer' | 'stranger';
const NAMES: Name[] = ['farm', 'packer', 'notary', 'buyer', 'stranger'];

const nodes = {} as Record<Name, TestNode>;
const own = {} as Record<Name, OwnNode>;

beforeAll(async () => {
  for (const name of NAMES) {
    const node = await startTestNode(`${name}.example`, { config: { partnerPollMs: 300 } });
    nodes[name] = node;
    own[name] = await connectOwnNode(
      readConfig({}, { dir: node.dir, port: Number(new URL(node.localUrl).port) }),
    );
  }
  for (const name of NAMES.slice(1)) await makePartners(own.farm, own[name]);
  await own.farm.mutate(
    'mutation { createBook(input: { name: "harvest", title: "Harvest" }) { error { message } } }',
  );
  await own.farm.mutate(
    'mutation ($input: AddGrantInput!) { addGrant(input: $input) { error { message duty } } }',
    { input: { book: BOOK, name: 'buyer', fields: ['*'], audience: { organisations: ['buyer.example'] } } },
  );
});

afterAll(async () => {
  for (const name of NAMES) await nodes[name]?.remove();
});

/** What a node answers to the people of another one. */
async function ask(from: Name, at: Name, document: string, variables: Json): Promise<Json> {
  if (from === at) return own[at].query(document, variables);
  const { peers } = nodes[from].context;
  return peers.call(`${at}.example`, document, variables, { timeoutMs: 30_000 });
}

async function authority(from: Name, at: Name = 'farm', book = BOOK): Promise<Json | null> {
  return (await ask(from, at, AUTHORITY, { book }))['authority'] as Json | null;
}

const appointment = {
  book: BOOK,
  backup: 'packer.example',
  witness: 'notary.example',
  leaseMs: 10_000,
};

describe('before anybody is appointed', () => {
  it('there is nothing to tell', async () => {
    expect(await authority('farm')).toBeNull();
    expect(await ask('farm', 'farm', '{ authorities { book } }', {})).toEqual({ authorities: [] });
  });

  it.each([
    [{ leaseMs: 0 }, 'BAD_INPUT', 'input.leaseMs'],
    [{ takeoverMs: 86_400_001 }, 'BAD_INPUT', 'input.takeoverMs'],
    [{ drift: 0.5 }, 'BAD_INPUT', 'input.drift'],
    [{ backup: 'farm.example' }, 'BAD_INPUT', 'input.backup'],
    [{ witness: 'farm.example' }, 'BAD_INPUT', 'input.witness'],
    [{ backup: 'unknown.example' }, 'NOT_FOUND', 'input'],
    [{ book: 'farm.example/other' }, 'NOT_FOUND', 'input.book'],
  ])('an appointment that is not sound is refused: %j', async (wrong, code, place) => {
    const { appointAuthority } = await ask('farm', 'farm', APPOINT, { input: { ...appointment, ...wrong } });
    expect(appointAuthority).toEqual({ authority: null, error: { code, place } });
  });

  it('only administrators of the owner appoint', async () => {
    const input = appointment;
    await expect(ask('packer', 'farm', APPOINT, { input })).rejects.toMatchObject({ code: 'NOT_PERMITTED' });
    await expect(ask('packer', 'packer', APPOINT, { input })).rejects.toMatchObject({
      code: 'NOT_PERMITTED',
    });
  });
});

describe('the authority of a book', () => {
  beforeAll(async () => {
    const { appointAuthority } = await ask('farm', 'farm', APPOINT, { input: appointment });
    expect(appointAuthority).toMatchObject({
      error: null,
      authority: {
        book: BOOK,
        holder: 'farm.example',
        term: 2,
        why: 'APPOINT',
        mode: 'STRICT',
        primary: 'farm.example',
        backup: 'packer.example',
        witness: 'notary.example',
        registrar: 'notary.example',
        leaseMs: 10_000,
        takeoverMs: 10_000,
        handBack: 'AUTO',
      },
    });
    await until('the backup has everything', async () => {
      const { state, insync, final } = (await authority('farm')) ?? {};
      // Two rules, the mandate and both terms.
      return state === 'HELD' && (insync as string[]).length === 2 && final === 5;
    });
  });

  it('is told with all that it rests on to the own people and to the members', async () => {
    for (const from of ['farm', 'packer'] as const) {
      expect(await authority(from)).toMatchObject({
        holder: 'farm.example',
        state: 'HELD',
        insync: ['farm.example', 'packer.example'],
        final: expect.any(Number),
        proposed: expect.any(Number),
        lag: expect.any(Number),
        explanation: expect.stringContaining('holds the right'),
        terms: [
          { n: 2, why: 'APPOINT' },
          { n: 3, why: 'ADD' },
        ],
        evidence: [],
      });
    }
    expect(await authority('packer', 'packer')).toMatchObject({ state: 'HELD', final: expect.any(Number) });
    expect(await authority('notary', 'notary')).toMatchObject({
      state: 'TOLD',
      countersigned: expect.any(Number),
    });
    expect(await ask('notary', 'notary', '{ authorities { book } }', {})).toEqual({
      authorities: [{ book: BOOK }],
    });
  });

  it.each(['buyer', 'notary'] as const)(
    'is told to %s without what the book holds and how its nodes fare',
    async (from) => {
      expect(await authority(from)).toMatchObject({
        holder: 'farm.example',
        term: 3,
        why: 'ADD',
        backup: 'packer.example',
        state: 'HELD',
        explanation: null,
        final: null,
        proposed: null,
        lag: null,
        heardAgoMs: null,
        countersigned: null,
      });
    },
  );

  it('can be checked by whoever is told of it', async () => {
    const told = (await authority('buyer')) ?? {};
    const key = verificationKey(publicPart(nodes.farm.jwk));
    const standing = verifyStanding({
      book: BOOK,
      owner: 'farm.example',
      ownerKeys: new Map([[key.kid, key]]),
      mandateToken: told['mandateToken'] as string,
      termToken: told['termToken'] as string,
    });
    expect(standing).toMatchObject({ ok: true, term: { claims: { n: 3, holder: 'farm.example' } } });
  });

  it('is told by its witness too to the partners to whom the book is open, and they see nothing else there', async () => {
    await until('the buyer knows the witness', async () => (await authority('buyer', 'buyer')) !== null);
    await until('the witness knows the buyer', async () => {
      const told = await authority('buyer', 'notary').catch(() => null);
      return told?.['term'] === 3;
    });
    expect(await authority('buyer', 'notary')).toMatchObject({
      holder: 'farm.example',
      termToken: (await authority('buyer'))?.['termToken'],
      countersigned: null,
    });
    expect(await authority('buyer', 'notary', 'farm.example/nothing')).toBeNull();
    expect(await ask('buyer', 'notary', '{ books { id } }', {})).toEqual({ books: [] });
    const { rows } = await nodes.notary.context.database.pool.query(
      'SELECT organisation FROM register_reader',
    );
    expect(rows).toEqual([{ organisation: 'buyer.example' }]);
  });

  it('is to others as that of a book that does not exist', async () => {
    expect(await authority('stranger')).toBeNull();
    expect(await authority('stranger', 'farm', 'farm.example/nothing')).toBeNull();
    await expect(ask('stranger', 'farm', '{ authorities { book } }', {})).rejects.toMatchObject({
      code: 'NOT_PERMITTED',
    });
  });

  it('shows as many of the last terms as are asked for', async () => {
    const terms = (last: number) =>
      ask(
        'farm',
        'farm',
        'query ($book: ID!, $last: Int!) { authority(book: $book) { terms(last: $last) { n } } }',
        {
          book: BOOK,
          last,
        },
      );
    expect(await terms(1)).toEqual({ authority: { terms: [{ n: 3 }] } });
    await expect(terms(0)).rejects.toMatchObject({ code: 'BAD_INPUT' });
  });

  it('is known to a partner by what came with its local copy', async () => {
    await until('the statements are there', async () => (await authority('buyer', 'buyer')) !== null);
    await until('the last one is', async () => (await authority('buyer', 'buyer'))?.['term'] === 3);
    const { mandateToken, termToken } = (await authority('buyer')) ?? {};
    expect(await authority('buyer', 'buyer')).toMatchObject({
      state: 'TOLD',
      current: false,
      holder: 'farm.example',
      final: null,
      mandateToken,
      termToken,
    });
  });

  it('moves by the word of an administrator, at the node that holds it', async () => {
    const book = BOOK;
    await expect(ask('packer', 'farm', HAND_OVER, { book })).rejects.toMatchObject({ code: 'NOT_PERMITTED' });
    expect(await ask('packer', 'packer', HAND_OVER, { book })).toEqual({
      handOverAuthority: { authority: null, error: { code: 'NOT_AUTHORITY' } },
    });
    expect(await ask('farm', 'farm', HAND_OVER, { book })).toEqual({
      handOverAuthority: { authority: { holder: 'packer.example', term: 4, why: 'HAND_OVER' }, error: null },
    });
  });

  it('is not taken by the word of a person where there is a witness', async () => {
    expect(await ask('packer', 'packer', TAKE_OVER, { book: BOOK })).toEqual({
      takeOverAuthority: { authority: null, error: { code: 'BAD_INPUT' } },
    });
  });

  it('shows contradictions about entries to those alone who hold the entries', async () => {
    const found = { first: 'a.b.c', second: 'd.e.f', at: new Date(0) };
    const { pool } = nodes.farm.context.database;
    await keepEvidence(pool, BOOK, { ...found, kind: 'TERM', detail: 'two terms 3' });
    await keepEvidence(pool, BOOK, {
      ...found,
      kind: 'VERSION',
      detail: 'two changes to version 2 of x',
      first: 'g.h.i',
    });
    const kinds = async (from: Name) =>
      ((await authority(from)) as { evidence: { kind: string }[] }).evidence.map(({ kind }) => kind);
    expect(await kinds('packer')).toEqual(['TERM', 'VERSION']);
    expect(await kinds('buyer')).toEqual(['TERM']);
  });
});
