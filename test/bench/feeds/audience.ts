import type { BenchNode } from '../support/node.ts';
import { BOOK } from '../support/node.ts';

/** Three partners that are granted different fields of lots. */
const FIELD_SETS: Record<string, string[]> = {
  'packer.example': ['*'],
  'carrier.example': ['product', 'lotNumber', 'quantity', 'uom', 'status', 'bestBeforeDate'],
  'retailer.example': ['product', 'lotNumber', 'bestBeforeDate'],
};

const FEED = `subscription ($book: ID!, $after: ID) {
  feed(book: $book, after: $after) { items { kind token disclosures grants } caughtUp end cursor }
}`;

const ADD_GRANT = `mutation ($input: AddGrantInput!) { addGrant(input: $input) { error { code message duty } } }`;

/** The HTTP request that opens a feed after a cursor. */
export type FeedRequest = (after: string | null) => string;

/** Adds the partners with their grants; the requests that open their feeds. */
export async function addAudience(node: BenchNode): Promise<FeedRequest[]> {
  const requests: FeedRequest[] = [];
  for (const [organisation, fields] of Object.entries(FIELD_SETS)) {
    const token = await node.partnerToken(organisation);
    const audience = { organisations: [organisation] };
    const input = { book: BOOK, audience, fields, selector: { kinds: ['LOT'] } };
    await node.admin.mutate(ADD_GRANT, { input });
    requests.push((after) => feedRequest(token, after));
  }
  return requests;
}

function feedRequest(token: string, after: string | null): string {
  const body = JSON.stringify({ query: FEED, variables: { book: BOOK, after } });
  return (
    'POST /graphql HTTP/1.1\r\nhost: 127.0.0.1\r\naccept: text/event-stream\r\ncontent-type: application/json\r\n' +
    `authorization: Bearer ${token}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
  );
}
