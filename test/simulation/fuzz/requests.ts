import { between, pick, type Random } from '../kill/random.ts';
import { hugeDocument, type Known, randomDocument, randomVariables } from './documents.ts';

export interface FuzzRequest {
  method: string;
  path: string;
  headers: Record<string, string>;
  body: string | Buffer | null;
  /** Who is asking, by the name of a token. */
  as: string;
}

/** Callers who are let in. */
const GENUINE = ['admin', 'partner', 'api token'];
const PATHS = [
  '/graphql',
  '/graphql/',
  '/graphql?query={books{id}}',
  '/graphql%2f',
  '//graphql',
  '/GRAPHQL',
  '/graphql;x',
  '/healthz',
  '/readyz',
  '/metrics',
  '/.well-known/lotbook',
  '/.well-known/jwks.json',
  '/.well-known/lotbook/keys',
  '/oauth/token',
  '/partners/acceptances',
  '/partners/invitations/x',
  '/login',
  '/login/start',
  '/login/callback',
  '/invitations/x',
  '/account',
  '/account/sessions/1',
  '/log-out',
  '/',
  '/admin/',
  '/admin/assets/../../package.json',
  '/epcis/capture',
  '/epcis/events',
  '/epcis/eventTypes',
  '/epcis/queries/x/events',
  '/epcis/capture/x',
  '/exports/x',
  '/exports/..%2f..%2fetc%2fpasswd',
  '/authority',
  '/admin/%ff',
  '/%00',
  '/epcis/events/%e0%a4%a',
];
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'TRACE', 'PROPFIND'];
const TYPES = [
  'application/json',
  'application/json; charset=utf-16',
  'application/graphql-response+json',
  'application/ld+json',
  'application/x-www-form-urlencoded',
  'application/jose',
  'text/plain',
  'multipart/form-data; boundary=x',
  '',
];
const ACCEPTS = [
  'application/json',
  'text/event-stream',
  '*/*',
  'text/html',
  'application/graphql-response+json',
  'x',
];
const QUERIES = [
  '?first=1',
  '?perPage=-1',
  '?GE_eventTime=x',
  '?nextPageToken=%00',
  '?a[b]=c',
  '?EQ_bizStep=%F0%9F',
  '?',
];

/** A request, most of them to /graphql and most of those nearly right. */
export function randomRequest(
  random: Random,
  { tokens, known }: { tokens: ReadonlyMap<string, Record<string, string>>; known: Known },
): FuzzRequest {
  const as = pick(random, random() < 0.75 ? GENUINE : [...tokens.keys()]);
  const headers = { ...tokens.get(as) };
  if (random() < 0.7)
    return { ...graphqlRequest(random, known), as, headers: { ...JSON_HEADERS(random), ...headers } };
  const path = pick(random, PATHS) + (random() < 0.2 ? pick(random, QUERIES) : '');
  const method = pick(random, random() < 0.7 ? ['GET', 'POST'] : METHODS);
  const more = {
    accept: pick(random, ACCEPTS),
    'content-type': pick(random, TYPES),
    ...(random() < 0.1 && { 'x-forwarded-for': 'a, b, \u00ff', forwarded: 'for=x' }),
    ...(random() < 0.1 && { 'x-request-id': pick(random, ['x'.repeat(5_000), '../x', 'good-request-id']) }),
    ...(random() < 0.1 && { origin: pick(random, ['null', 'https://evil.example', 'http://localhost']) }),
    ...(random() < 0.05 && { 'content-encoding': pick(random, ['gzip', 'br', 'x']) }),
    ...(random() < 0.05 && { range: 'bytes=0-1,5-,-9', 'if-none-match': '*' }),
  };
  const body = method === 'GET' || method === 'HEAD' ? null : randomBody(random, known);
  return { method, path, headers: { ...more, ...headers }, body, as };
}

const JSON_HEADERS = (random: Random): Record<string, string> => ({
  'content-type': random() < 0.98 ? 'application/json' : pick(random, TYPES),
  accept: random() < 0.8 ? 'application/json' : pick(random, ACCEPTS),
});

function graphqlRequest(random: Random, known: Known): Omit<FuzzRequest, 'headers' | 'as'> {
  const call = () => ({
    query: random() < 0.03 ? hugeDocument(random) : randomDocument(random, known),
    ...(random() < 0.5 && { variables: randomVariables(random, known) }),
    ...(random() < 0.1 && { operationName: pick(random, ['x', '', '__proto__', 1]) }),
    ...(random() < 0.1 && { extensions: randomVariables(random, known) }),
  });
  const isBatch = random() < 0.04;
  const whole = JSON.stringify(isBatch ? Array.from({ length: between(random, 0, 50) }, call) : call());
  const cut = random() < 0.03 ? whole.slice(0, between(random, 0, whole.length)) : whole;
  return { method: 'POST', path: '/graphql', body: cut };
}

function randomBody(random: Random, known: Known): string | Buffer {
  const bytes = () =>
    Buffer.from(Array.from({ length: between(random, 0, 300) }, () => between(random, 0, 255)));
  return pick(random, [
    bytes,
    () => '',
    () => JSON.stringify(randomVariables(random, known, 5)),
    () => `grant_type=client_credentials&client_assertion=${pick(random, known)}&client_assertion=x`,
    () =>
      'grant_type=client_credentials&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer&client_assertion=a.b.c',
    () => 'email=a%00b&password=%ff',
    () => `${pick(random, known)}.e30.AAAA`,
    () => '{"type":"EPCISDocument","schemaVersion":"2.0","epcisBody":{"eventList":[{"type":"ObjectEvent"}]}}',
    () => '['.repeat(between(random, 1, 20_000)),
  ])();
}
