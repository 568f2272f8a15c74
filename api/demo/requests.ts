import { randomUUID } from 'node:crypto';
import type { JsonObject, JsonValue } from '../identity/strict-json.ts';
import type { DemoNode } from './nodes.ts';
import type { SeenRecord } from './views.ts';
import { waitFor } from './wait.ts';

/** An update request, as GraphQL gives it. */
export interface Asked {
  id: string;
  state: string;
  reason: string | null;
  decidedBy: string | null;
  waitsFor: string | null;
  error: { code: string; message: string; currentVersion: number | null } | null;
  outcome: { record: string; version: number }[];
}

const STATE =
  'id state reason decidedBy waitsFor error { code message currentVersion } outcome { record version }';
const DECIDED = ['APPROVED', 'REFUSED', 'REJECTED'];
/** For who wants to know when something happened. */
const CLOSE_POLL_MS = 25;

/** One change of a record that another organisation owns, asked for at the node of who wants it. */
export interface Wish {
  by: DemoNode;
  book: string;
  record: string;
  base: number;
  fields: Record<string, JsonValue>;
  reason: string;
}

/** Asks at the own node, which signs the request and delivers it to the authority. @returns the request, not yet decided */
export async function ask({ by, book, record, base, fields, reason }: Wish): Promise<Asked> {
  const data = await by.query(
    `mutation ($updates: [UpdateInput!]!) { requestUpdates(updates: $updates) { requests { ${STATE} } } }`,
    { updates: [{ book, key: randomUUID(), reason, changes: [{ record, kind: 'LOT', base, fields }] }] },
  );
  return (data['requestUpdates'] as unknown as { requests: [Asked] }).requests[0];
}

/** Waits, at the node of who asked, until the request is in one of the states. */
export function waitForState(by: DemoNode, id: string, ...states: string[]): Promise<Asked> {
  return waitFor(`the request of ${by.season.name} is ${states.join(' or ')}`, async () => {
    const { request } = await by.query(`query ($id: ID!) { request(id: $id) { ${STATE} } }`, { id });
    const asked = request as unknown as Asked | null;
    return asked && states.includes(asked.state) ? asked : undefined;
  });
}

/** Waits for the decision, and shows on the way each state and each thing that the request waits for, as soon as it is seen. */
export function follow(by: DemoNode, id: string, see: (asked: Asked) => void): Promise<Asked> {
  let last = '';
  const look = async (): Promise<Asked | undefined> => {
    const { request } = await by.query(`query ($id: ID!) { request(id: $id) { ${STATE} } }`, { id });
    const asked = request as unknown as Asked;
    const now = `${asked.state} ${asked.waitsFor ?? ''}`;
    if (now !== last) see(asked);
    last = now;
    return DECIDED.includes(asked.state) ? asked : undefined;
  };
  return waitFor(`the request of ${by.season.name} is decided`, look, CLOSE_POLL_MS);
}

/** Asks and waits for the decision. */
export async function askAndWait(wish: Wish): Promise<Asked> {
  const { id, state, ...rest } = await ask(wish);
  if (id === null) return { id, state, ...rest };
  return waitForState(wish.by, id, ...DECIDED);
}

export interface Waiting {
  id: string;
  requester: string;
  reason: string | null;
  changes: { fields: JsonObject }[];
}

/** What waits for a person at the authority, once there is something of the requester. */
export function waitForPending(authority: DemoNode, book: string, requester: DemoNode): Promise<Waiting> {
  return waitFor(`the request of ${requester.season.name} waits at ${authority.season.name}`, async () => {
    const { pendingRequests } = await authority.query(
      `query ($book: ID!) {
        pendingRequests(book: $book, first: 100) { edges { node { id requester reason changes } } }
      }`,
      { book },
    );
    const { edges } = pendingRequests as unknown as { edges: { node: Waiting }[] };
    return edges.map(({ node }) => node).find((each) => each.requester.startsWith(requester.organisation));
  });
}

export async function approve(authority: DemoNode, id: string, reason: string): Promise<Asked> {
  const { request } = await authority.mutate(
    `mutation ($id: ID!, $reason: String) {
      approveRequest(id: $id, reason: $reason) { request { ${STATE} } error { message duty } }
    }`,
    { id, reason },
  );
  return request as unknown as Asked;
}

export async function readRecord(
  node: DemoNode,
  book: string,
  id: string,
  viewAs?: string,
): Promise<SeenRecord | null> {
  const { record } = await node.query(
    `query ($book: ID!, $id: ID!, $viewAs: ID) {
      record(book: $book, id: $id, viewAs: $viewAs) { id kind version fields withheld disclosures }
    }`,
    { book, id, viewAs },
  );
  return record as unknown as SeenRecord | null;
}

/** The versions of a record, oldest first. */
export async function readChanges(
  node: DemoNode,
  book: string,
  record: string,
): Promise<{ version: number; at: string; fields: Record<string, JsonValue> }[]> {
  const { changes } = await node.query(
    `query ($book: ID!, $record: ID!) {
      changes(book: $book, record: $record, first: 100) { edges { node { version at fields } } }
    }`,
    { book, record },
  );
  const { edges } = changes as unknown as {
    edges: { node: { version: number; at: string; fields: Record<string, JsonValue> } }[];
  };
  return edges.map(({ node: change }) => change);
}
