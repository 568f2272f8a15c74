import { randomBytes } from 'node:crypto';
import { signRequest, type RequestedChange } from '../../../api/identity/request-token.ts';
import { openHome } from '../../../api/store/home.ts';
import type { CanaryRecord } from './records.ts';

/** A partner that looks for what it may not see: raw calls with its token, past its own node. */
export interface Probe {
  graphql(query: string, variables?: Record<string, unknown>): Promise<{ status: number; text: string }>;
  get(path: string, withToken?: boolean): Promise<{ status: number; text: string }>;
}

export function openProbe(url: string, token: string): Probe {
  const authorization = `Bearer ${token}`;
  const answer = async (res: Response) => ({ status: res.status, text: await res.text() });
  return {
    graphql: async (query, variables = {}) => {
      const headers = { authorization, 'content-type': 'application/json', accept: 'application/json' };
      const body = JSON.stringify({ query, variables });
      return answer(await fetch(`${url}/graphql`, { method: 'POST', headers, body }));
    },
    get: async (path, withToken = true) =>
      answer(await fetch(url + path, { headers: withToken ? { authorization } : {} })),
  };
}

const RECORD =
  'id kind version seq updatedAt fields content permitted { field grants } withheld links { identifier field } token disclosures';
const ONE = `query ($book: ID!, $id: ID!) {
  record(book: $book, id: $id) { ${RECORD} }
  changes(book: $book, record: $id) { edges { node { fields disclosures } } }
}`;
const ALL = `query ($book: ID!) {
  books { id title owner authority length feed { state } }
  book(id: $book) { id title owner authority length createdAt }
  records(book: $book, first: 100) { edges { cursor node { ${RECORD} } } pageInfo { hasNextPage endCursor } }
  changes(book: $book, first: 100) { edges { cursor node { seq record fields token disclosures } } pageInfo { endCursor } }
  grants(book: $book) { id title fields purpose audience { organisations groups roles public } selector { products lots } }
  node { organisation name caller { organisation roles } }
}`;

/** What a partner finds when it traces from everything that it can name. */
const TRACED = `query ($book: ID!, $starts: [TraceStartInput!]!, $legs: [LegInput!]!) {
  converge(input: { legs: $legs, books: [$book] }) {
    candidates { identifier } missing { end { thing organisation fields ask event } candidate { identifier } }
    comminglings { event { record bizStep disposition time places sources destinations process links { identifier quantity uom }
                           declaredWrong { reason correctiveEvents } } inputs outputs }
    contacts { place from until things }
  }
  reconcile(input: { starts: $starts, books: [$book] }) {
    lots { lot unit made used conversions { from to quantity } untold apart { unit quantity event } }
    transformations { events input output } findings { lot site quantity events }
  }
}`;

/** What is not for partners at all, one by one, since one refusal hides the others. */
const REFUSED = [
  'query ($book: ID!) { pendingRequests(book: $book) { edges { node { changes reason } } } }',
  'query ($book: ID!) { records(book: $book, viewAs: "owner.example") { edges { node { fields } } } }',
  'query ($book: ID!) { changes(book: $book, viewAs: "other.example") { edges { node { fields } } } }',
  '{ partners { organisation name groups } }',
  'query ($book: ID!) { book(id: "owner.example/secret") { title } record(book: $book, id: "urn:nothing") { id } }',
  '{ request(id: "00000000-0000-4000-8000-000000000000") { changes reason } }',
  'query ($book: ID!) { reconcile(input: { starts: [{ thing: "urn:x:1" }] }, viewAs: "owner.example") { isCut } }',
  'query ($book: ID!) { records(book: $book, first: 101) { edges { cursor } } }',
  'query ($book: ID!) { records(book: $book, after: "LTE") { edges { cursor } } }',
  '{ __schema { types { name fields { name args { name } } enumValues { name } } } }',
  'mutation ($book: ID!) { endGrant(book: $book, id: "urn:lotbook:grant:given") { error { message } } }',
  'mutation ($book: ID!) { ackFeed(book: $book, cursor: "MS5vd24uOTk5") { error { message } } }',
];

export async function readEverything(
  probe: Probe,
  book: string,
  records: readonly CanaryRecord[],
): Promise<string> {
  const texts: string[] = [];
  texts.push((await probe.graphql(ALL, { book })).text);
  for (const { id } of records) texts.push((await probe.graphql(ONE, { book, id })).text);
  for (const { id } of records) {
    const starts = [{ thing: id }, { event: id }, { place: id }];
    texts.push((await probe.graphql(TRACED, { book, starts, legs: [{ name: 'one', starts }] })).text);
  }
  for (const query of REFUSED) texts.push((await probe.graphql(query, { book })).text);
  return texts.join('\n');
}

/**
 * Whether a search for the true value of a field that it may not see is answered in another way than one for a value
 * that nobody has. Answers what was searched by where the value can be found out like that.
 */
export async function findOut(
  probe: Probe,
  book: string,
  record: CanaryRecord,
  hidden: readonly string[],
): Promise<string[]> {
  const valuesOf = (name: string): string[] => record.canaries.get(name) ?? [];
  const all = hidden.flatMap(valuesOf);
  const pairs = hidden.map((name) =>
    pairOf(name, valuesOf(name), (anyOf) => ({ fields: [{ name, anyOf }] })),
  );
  pairs.push(pairOf('identifiers', all, (identifiers) => ({ identifiers })));
  for (const time of all.filter((value) => /^\d{4}-\d\d-\d\dT/.test(value))) {
    pairs.push(pairOf('from', [time], ([from]) => ({ from: `${from}Z` })));
    pairs.push(pairOf('until', [time], ([until]) => ({ until: `${until}Z` })));
  }
  const told: string[] = [];
  // As many as one document may ask for.
  for (let at = 0; at < pairs.length; at += 5) {
    const some = pairs.slice(at, at + 5);
    const results = await search(
      probe,
      book,
      some.flatMap(({ filters }) => filters),
    );
    told.push(
      ...some.filter((_pair, index) => results[2 * index] !== results[2 * index + 1]).map(({ by }) => by),
    );
  }
  return told;
}

function pairOf(by: string, values: readonly string[], filterOf: (values: string[]) => object) {
  const withUris = (given: readonly string[]): string[] => [
    ...given,
    ...given.map((value) => `https://values.example/${value}`),
    ...given.map((value) => `${value}Z`),
  ];
  const wrong = values.map((value) => value.replace(/\w{3}$/, '000'));
  return { by, filters: [filterOf(withUris(values)), filterOf(withUris(wrong))] };
}

async function search(probe: Probe, book: string, filters: readonly object[]): Promise<string[]> {
  const { text } = await probe.graphql(
    `query ($book: ID!, ${filters.map((_filter, at) => `$f${at}: RecordFilter`).join(', ')}) {
       ${filters.map((_filter, at) => `r${at}: records(book: $book, first: 3, filter: $f${at}) { ...found }`).join('\n')}
     } fragment found on RecordConnection { edges { node { id } } pageInfo { hasNextPage endCursor } }`,
    { book, ...Object.fromEntries(filters.map((filter, at) => [`f${at}`, filter])) },
  );
  const { data } = JSON.parse(text) as { data?: Record<string, unknown> };
  if (!data) throw new Error(`a search failed: ${text}`);
  return filters.map((_filter, at) => JSON.stringify(data[`r${at}`]));
}

const MATCHES = [
  'epc',
  'parentID',
  'inputEPC',
  'outputEPC',
  'anyEPC',
  'epcClass',
  'inputEPCClass',
  'outputEPCClass',
  'anyEPCClass',
];
const EQUALS = [
  'bizStep',
  'disposition',
  'readPoint',
  'bizLocation',
  'transformationID',
  'eventID',
  'action',
];
const PAIRS = ['EQ_bizTransaction_', 'EQ_source_', 'EQ_destination_', 'EQ_'];
const ORDERS = [
  'orderBy=eventTime',
  'orderBy=recordTime',
  'orderBy=eventTime&orderDirection=ASC',
  'orderBy=bizStep',
];

/** Every parameter of the EPCIS query interface, with a true value. */
export async function queryEpcis(probe: Probe, book: string, values: readonly string[]): Promise<string> {
  const texts: string[] = [];
  const ask = async (query: string): Promise<void> => {
    const { status, text } = await probe.get(`/epcis/events?book=${encodeURIComponent(book)}&${query}`);
    texts.push(`${status} ${text}`);
  };
  for (const value of values) {
    const uri = encodeURIComponent(`https://values.example/${value}`);
    for (const name of MATCHES) await ask(`MATCH_${name}=${uri}`);
    for (const name of EQUALS) await ask(`EQ_${name}=${uri}`);
    for (const name of PAIRS) await ask(`${name}${uri}=${uri}`);
    for (const name of ['EQ', 'GE', 'LE', 'GT', 'LT'])
      await ask(`${name}_quantity=${encodeURIComponent(value)}`);
    for (const name of ['GE_eventTime', 'LT_eventTime', 'GE_recordTime'])
      await ask(`${name}=${encodeURIComponent(`${value}Z`)}`);
  }
  for (const order of ORDERS) await ask(`${order}&perPage=2`);
  for (const name of [
    'EXISTS_errorDeclaration=',
    'nextPageToken=MQ',
    'perPage=0',
    'eventType=ObjectEvent',
    'unknown=1',
  ])
    await ask(name);
  for (const path of [
    '/epcis/events/urn:nothing',
    '/epcis/eventTypes',
    '/epcis/capture',
    '/epcis/capture/1',
  ]) {
    texts.push((await probe.get(path)).text);
  }
  return texts.join('\n');
}

export async function knockElsewhere(probe: Probe): Promise<string> {
  const paths = [
    '/metrics',
    '/healthz',
    '/readyz',
    '/.well-known/lotbook',
    '/.well-known/jwks.json',
    '/nothing',
    '/oauth/token',
  ];
  const texts: string[] = [];
  for (const path of paths) {
    for (const withToken of [true, false]) texts.push((await probe.get(path, withToken)).text);
  }
  return texts.join('\n');
}

/** Signed requests that name hidden fields: stale, of a wrong form, unknown, and one that the grant to change lets through. */
export async function requestChanges(
  probe: Probe,
  input: { dir: string; authority: string; book: string; record: CanaryRecord; hidden: readonly string[] },
): Promise<string> {
  const { organisation, signer } = await openHome({ dir: input.dir });
  const { record } = input;
  // What it names itself comes back with the refusal; it cannot know the names of extensions.
  const standard = input.hidden.filter((name) => !name.includes('canary'));
  const common = { record: record.id, type: record.kind };
  const attempts: RequestedChange[] = [
    ...standard.slice(0, 20).map((name) => ({ ...common, base: 1, fields: { [name]: 'x' } })),
    { ...common, base: 99, fields: { note: 'x' } },
    { ...common, base: 1, fields: { note: { deep: 1 } } },
    { ...common, base: 1, fields: { 'note.deep': 'x' } },
    { ...common, base: 1, fields: { [`${standard[0]}.deep`]: 'x', note: 'y' } },
    { ...common, base: 0, fields: { note: 'x', product: 'https://id.gs1.org/01/09521141012346' } },
    { ...common, record: 'urn:nothing', base: 1, fields: { note: 'x' } },
    { ...common, base: 1, fields: { note: 'the partner wrote this' } },
  ];
  const tokens = await Promise.all(
    attempts.map((change) => {
      const jti = randomBytes(12).toString('hex');
      const claims = {
        iss: organisation,
        aud: input.authority,
        book: input.book,
        jti,
        key: jti,
        changes: [change],
      };
      return signRequest({ ...claims, iat: Math.floor(Date.now() / 1000) }, signer);
    }),
  );
  const { text } = await probe.graphql(
    `mutation ($tokens: [String!]!) { deliverRequests(tokens: $tokens) { requests {
       id key state reason changes decidedBy error { code message place currentVersion } outcome { record version seq }
     } } }`,
    { tokens },
  );
  return text;
}

/** The feed from its beginning, until it has nothing more, or why there is none. */
export async function readFeed(url: string, token: string, book: string): Promise<string> {
  const away = new AbortController();
  const headers = {
    authorization: `Bearer ${token}`,
    'content-type': 'application/json',
    accept: 'text/event-stream',
  };
  const query =
    'subscription ($book: ID!) { feed(book: $book, batch: 256) { cursor items { kind token disclosures grants } caughtUp end } }';
  const body = JSON.stringify({ query, variables: { book } });
  const res = await fetch(`${url}/graphql`, { method: 'POST', headers, body, signal: away.signal });
  let text = '';
  try {
    for await (const chunk of res.body ?? []) {
      text += Buffer.from(chunk as Uint8Array).toString();
      if (/"caughtUp":true[^\n]*\n\n/.test(text)) break;
    }
  } finally {
    away.abort();
  }
  return text;
}
