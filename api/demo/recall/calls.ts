import type { JsonObject } from '../../identity/strict-json.ts';
import type { DemoNode } from '../nodes.ts';
import { waitFor } from '../wait.ts';

/** A notice, as GraphQL gives it to who sent it. */
export interface Notice {
  id: string;
  book: string;
  case: string;
  version: number;
  state: string;
  lots: { lot: string }[];
  recipients: JsonObject[];
  replies: { recipient: string; state: string; below: Tier | null }[];
  board: {
    direct: Tier;
    below: Tier;
    totals: { unit: string; consigned: string; found: string; foundBelow: string }[];
  } | null;
}

export interface Tier {
  notified: number;
  acknowledged: number;
  answered: number;
  confirmed: number;
}

/** A notice of a partner, with what is one's own to answer. */
export interface Received {
  from: string;
  notice: { id: string; book: string; case: string };
  reply: { state: string; consigned: Amount[] };
}

interface Amount {
  lot: string;
  quantity: string;
  uom: string;
}

export interface Found extends Amount {
  disposition: string;
}

/** Where a notice is. */
export type At = Pick<Notice, 'book' | 'id'>;

const ERROR = 'error { message duty }';
const TIER = '{ notified acknowledged answered confirmed }';
const AMOUNT = '{ lot quantity uom }';
const NOTICE = `notice {
  id book case version state lots { lot } recipients { name organisation party consigned ${AMOUNT} }
  replies { recipient state below ${TIER} }
  board { direct ${TIER} below ${TIER} totals { unit consigned found foundBelow } }
}`;

export async function openCase(node: DemoNode, input: object): Promise<{ id: string; book: string }> {
  const { case: opened } = await node.mutate(
    `mutation ($input: OpenCaseInput!) { openCase(input: $input) { case { id book } ${ERROR} } }`,
    { input },
  );
  return opened as { id: string; book: string };
}

export async function countCases(node: DemoNode): Promise<number> {
  return ((await node.query('{ cases { id } }'))['cases'] as unknown[]).length;
}

/** Seconds since the clock of the case began; a share from 0 to 1. */
interface Score {
  toIssue: number | null;
  toAnswered: number | null;
  effective: number | null;
}

export async function readScore(node: DemoNode, book: string): Promise<Score> {
  const { case: found } = await node.query(
    'query ($book: ID!) { case(book: $book) { score { toIssue toAnswered effective } } }',
    { book },
  );
  return (found as JsonObject)['score'] as unknown as Score;
}

export async function shareCase(node: DemoNode, book: string, partner: DemoNode): Promise<void> {
  await node.mutate(
    `mutation ($book: ID!, $organisation: ID!) {
      shareCase(book: $book, organisation: $organisation, work: true) { ${ERROR} }
    }`,
    { book, organisation: partner.organisation },
  );
}

export async function writeEntry(node: DemoNode, book: string, kind: string, content: object): Promise<void> {
  await node.mutate(
    `mutation ($input: CaseEntryInput!) { writeCaseEntry(input: $input) { request { state } ${ERROR} } }`,
    { input: { book, kind, content } },
  );
}

export async function draftNotice(node: DemoNode, input: object): Promise<Notice> {
  return noticeOf(
    await node.mutate(
      `mutation ($input: NoticeInput!) { draftNotice(input: $input) { ${NOTICE} ${ERROR} } }`,
      { input },
    ),
  );
}

export async function editNotice(node: DemoNode, { id, version }: Notice, input: object): Promise<void> {
  await node.mutate(
    `mutation ($id: ID!, $base: Int!, $input: NoticeInput!) {
      editNotice(id: $id, base: $base, input: $input) { ${NOTICE} ${ERROR} }
    }`,
    { id, base: version, input },
  );
}

/** Drafts the notice that passes a received one on: its lots and consignees are found by a trace. */
export async function forwardNotice(node: DemoNode, { notice }: Received): Promise<Notice> {
  return takeStep(node, 'forwardNotice', notice);
}

/** One person hands it to another one, who approves it; then it goes out. */
export async function sendOut(node: DemoNode, notice: At): Promise<Notice> {
  await takeStep(node, 'proposeNotice', notice);
  await approveAsSecond(node, notice);
  return takeStep(node, 'issueNotice', notice);
}

async function takeStep(node: DemoNode, operation: string, { book, id }: At): Promise<Notice> {
  return noticeOf(
    await node.mutate(
      `mutation ($book: ID!, $id: ID!) { ${operation}(book: $book, id: $id) { ${NOTICE} ${ERROR} } }`,
      { book, id },
    ),
  );
}

/** Who drafted may not approve: somebody else does it, with a token of that person's own. */
async function approveAsSecond(node: DemoNode, { book, id }: At): Promise<void> {
  const { token, apiToken } = await node.mutate(
    `mutation ($input: CreateApiTokenInput!) { createApiToken(input: $input) { token apiToken { id } ${ERROR} } }`,
    { input: { name: 'The quality manager', roles: [{ role: 'APPROVER' }] } },
  );
  const response = await fetch(`${node.localUrl}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${String(token)}` },
    body: JSON.stringify({
      query: `mutation ($book: ID!, $id: ID!) { approveNotice(book: $book, id: $id) { ${ERROR} } }`,
      variables: { book, id },
    }),
  });
  const { data } = (await response.json()) as { data?: { approveNotice: { error: JsonObject | null } } };
  await node.mutate(`mutation ($id: ID!) { revokeApiToken(id: $id) { ${ERROR} } }`, {
    id: (apiToken as JsonObject)['id'],
  });
  if (data?.approveNotice.error === null) return;
  throw new Error(`the notice was not approved: ${JSON.stringify(data)}`);
}

export async function readNotice(node: DemoNode, { book, id }: At): Promise<Notice> {
  return noticeOf(
    await node.query(
      `query ($book: ID!, $id: ID!) { ${NOTICE.replace('notice', 'notice(book: $book, id: $id)')} }`,
      {
        book,
        id,
      },
    ),
  );
}

async function findReceived(node: DemoNode, caseId: string): Promise<Received | undefined> {
  const { receivedNotices } = await node.query(
    `{ receivedNotices { from notice { id book case } reply { state consigned ${AMOUNT} } } }`,
  );
  return (receivedNotices as unknown as Received[]).find(({ notice }) => notice.case === caseId);
}

export function waitForNotice(node: DemoNode, caseId: string): Promise<Received> {
  return waitFor(`${node.season.name} has the notice`, () => findReceived(node, caseId));
}

/** All of it is removed; what was found is told lot by lot. */
export async function confirm(
  node: DemoNode,
  { notice: { book, id } }: Received,
  found: readonly Found[],
): Promise<void> {
  await node.mutate(
    `mutation ($input: AnswerInput!) { answerNotice(input: $input) { request { state } ${ERROR} } }`,
    { input: { book, id, state: 'CONFIRMED', impact: found.length > 0 ? 'AFFECTED' : 'NONE', found } },
  );
}

function noticeOf(payload: JsonObject): Notice {
  return payload['notice'] as unknown as Notice;
}
