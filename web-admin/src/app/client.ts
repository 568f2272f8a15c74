import { cacheExchange, Client, fetchExchange, mapExchange, makeOperation, type Operation } from 'urql';
import { documentIdOf } from './document-id.ts';

/** Speaks to the node that served the page, with the session of the person who looks at it. */
export function openClient(): Client {
  return new Client({
    url: '/graphql',
    preferGetMethod: false,
    exchanges: [cacheExchange, mapExchange({ onOperation: byId }), fetchExchange],
    requestPolicy: 'cache-and-network',
    fetchOptions: () => ({
      credentials: 'same-origin',
      // Another site cannot send it: only then does the session count.
      headers: { 'lotbook-request': '1' },
    }),
  });
}

/** The node knows the operations of the admin that it serves: their ids are sent, not their text. */
function byId(operation: Operation): Operation {
  const documentId = documentIdOf(operation.query);
  if (documentId === null) return operation;
  const query = { ...operation.query, definitions: [], documentId };
  return makeOperation(operation.kind, { ...operation, query }, operation.context);
}

/** Sends the person to the log-in page, and back here afterwards. */
export function logIn(): void {
  const back = window.location.pathname + window.location.search;
  window.location.assign(`/login?to=${encodeURIComponent(back)}`);
}
