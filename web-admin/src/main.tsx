import './app/styles.ts';
import './app/app.css';
import { MantineProvider } from '@mantine/core';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { createBrowserRouter, RouterProvider } from 'react-router';
import { Provider as GraphQLProvider } from 'urql';
import { openClient } from './app/client.ts';
import { routes } from './app/routes.tsx';
import { theme, variables } from './app/theme.ts';

/** The policy of the page lets in only styles that carry the number of this answer. */
const nonce = document.querySelector<HTMLMetaElement>('meta[name="style-nonce"]')?.content ?? '';
// Also of those that lock the page behind a dialog (get-nonce reads this name).
Object.assign(globalThis, { __webpack_nonce__: nonce });
const router = createBrowserRouter(routes, { basename: '/admin' });
const root = document.getElementById('root');
if (!root) throw new Error('the page has no place for the admin');

createRoot(root).render(
  <StrictMode>
    <MantineProvider
      theme={theme}
      defaultColorScheme="auto"
      cssVariablesResolver={variables}
      getStyleNonce={() => nonce}
    >
      <GraphQLProvider value={openClient()}>
        <RouterProvider router={router} />
      </GraphQLProvider>
    </MantineProvider>
  </StrictMode>,
);
