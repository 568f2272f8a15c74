import { cacheExchange, Client, fetchExchange } from 'urql';

/** Speaks to the node that served the page, with the session of the person who looks at it. */
export function openClient(): Client {
  return new Client({
    url: '/graphql',
    preferGetMethod: false,
    exchanges: [cacheExchange, fetchExchange],
    requestPolicy: 'cache-and-network',
    fetchOptions: () => ({
      credentials: 'same-origin',
      // Another site cannot send it: only then does the session count.
      headers: { 'lotbook-request': '1' },
    }),
  });
}

/** Sends the person to the log-in page, and back here afterwards. */
export function logIn(): void {
  const back = window.location.pathname + window.location.search;
  window.location.assign(`/login?to=${encodeURIComponent(back)}`);
}
