import type { RouteObject } from 'react-router';
import { Loading } from '../components/shown.tsx';
import { Frame } from './frame.tsx';

/** Each page is loaded when somebody goes there. */
export const routes: RouteObject[] = [
  {
    path: '/',
    element: <Frame />,
    hydrateFallbackElement: <Loading />,
    children: [
      { index: true, lazy: () => import('../pages/home.tsx') },
      { path: 'books', lazy: () => import('../pages/books.tsx') },
      { path: 'records', lazy: () => import('../pages/records.tsx') },
      { path: 'record', lazy: () => import('../pages/record.tsx') },
      { path: 'lot', lazy: () => import('../pages/lot.tsx') },
      { path: 'trace', lazy: () => import('../pages/trace.tsx') },
      { path: 'converge', lazy: () => import('../pages/converge.tsx') },
      { path: 'balance', lazy: () => import('../pages/balance.tsx') },
      { path: 'approvals', lazy: () => import('../pages/approvals.tsx') },
      { path: 'authority', lazy: () => import('../pages/authority.tsx') },
      { path: 'cases', lazy: () => import('../pages/cases.tsx') },
      { path: 'case', lazy: () => import('../pages/case.tsx') },
      { path: 'notice', lazy: () => import('../pages/notice.tsx') },
      { path: 'notices', lazy: () => import('../pages/notices.tsx') },
      { path: 'answer', lazy: () => import('../pages/answer.tsx') },
      { path: 'quality', lazy: () => import('../pages/quality.tsx') },
      { path: 'drills', lazy: () => import('../pages/drills.tsx') },
      { path: 'import', lazy: () => import('../pages/import.tsx') },
      { path: 'sharing', lazy: () => import('../pages/sharing.tsx') },
      { path: 'partners', lazy: () => import('../pages/partners.tsx') },
      { path: 'partner', lazy: () => import('../pages/partner.tsx') },
      { path: 'keys', lazy: () => import('../pages/keys.tsx') },
      { path: 'people', lazy: () => import('../pages/people.tsx') },
      { path: 'access-log', lazy: () => import('../pages/access-log.tsx') },
      { path: 'exports', lazy: () => import('../pages/exports.tsx') },
      { path: 'queries', lazy: () => import('../pages/queries.tsx') },
      { path: '*', lazy: () => import('../pages/nowhere.tsx') },
    ],
  },
];
