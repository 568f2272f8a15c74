import { AppShell, Burger, Group, NavLink, Text, Title } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import {
  IconAffiliate,
  IconBellRinging,
  IconStopwatch,
  IconApi,
  IconBook2,
  IconChecklist,
  IconFileCertificate,
  IconFileImport,
  IconHome,
  IconKey,
  IconListDetails,
  IconListSearch,
  IconShare,
  IconArrowsJoin2,
  IconBarcode,
  IconReportSearch,
  IconRoute,
  IconScale,
  IconShieldCheck,
  IconUrgent,
  IconUsers,
  type TablerIcon,
} from '@tabler/icons-react';
import { Suspense } from 'react';
import { Link, Outlet, useLocation } from 'react-router';
import { useQuery } from 'urql';
import { useCaller } from '../components/caller.ts';
import { Loading, Shown } from '../components/shown.tsx';
import { NodeDocument, type NodeQuery, type Role } from '../operations/generated/documents.ts';

const PLACES: readonly { to: string; label: string; icon: TablerIcon; role?: Role }[] = [
  { to: '/', label: 'Home', icon: IconHome },
  { to: '/books', label: 'Books', icon: IconBook2 },
  { to: '/records', label: 'Records', icon: IconListSearch },
  { to: '/import', label: 'Import', icon: IconFileImport, role: 'EDITOR' },
  { to: '/cases', label: 'Cases', icon: IconUrgent },
  { to: '/notices', label: 'Notices', icon: IconBellRinging },
  { to: '/drills', label: 'Drills', icon: IconStopwatch },
  { to: '/lot', label: 'Lot', icon: IconBarcode },
  { to: '/trace', label: 'Trace', icon: IconRoute },
  { to: '/converge', label: 'Convergence', icon: IconArrowsJoin2 },
  { to: '/balance', label: 'Mass balance', icon: IconScale },
  { to: '/quality', label: 'Data quality', icon: IconReportSearch, role: 'VIEWER' },
  { to: '/approvals', label: 'Approvals', icon: IconChecklist },
  { to: '/authority', label: 'Authority', icon: IconShieldCheck },
  { to: '/sharing', label: 'Sharing', icon: IconShare },
  { to: '/partners', label: 'Partners', icon: IconAffiliate },
  { to: '/keys', label: 'Keys', icon: IconKey },
  { to: '/people', label: 'People', icon: IconUsers, role: 'ADMINISTRATOR' },
  { to: '/exports', label: 'Exports', icon: IconFileCertificate, role: 'AUDITOR' },
  { to: '/queries', label: 'Queries', icon: IconApi },
  { to: '/access-log', label: 'Access log', icon: IconListDetails, role: 'AUDITOR' },
];

/** What is around every page: who one is, at whose node, and where one can go. */
export function Frame() {
  const [isOpen, { toggle, close }] = useDisclosure(false);
  const { pathname } = useLocation();
  const [node] = useQuery({ query: NodeDocument });
  const { has } = useCaller();
  return (
    <AppShell
      header={{ height: 56 }}
      navbar={{ width: 220, breakpoint: 'sm', collapsed: { mobile: !isOpen } }}
      padding="md"
    >
      <a className="skip" href="#content">
        To the content
      </a>
      <AppShell.Header>
        <Group h="100%" px="md" justify="space-between" wrap="nowrap">
          <Group wrap="nowrap">
            <Burger opened={isOpen} onClick={toggle} hiddenFrom="sm" size="sm" aria-label="Menu" />
            <Title order={1} size="h4">
              Lotbook
            </Title>
          </Group>
          <Text size="sm" truncate>
            {node.data ? `${callerOf(node.data)} at ${node.data.node.name}` : ''}
          </Text>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar p="xs" aria-label="Pages" style={{ overflowY: 'auto' }}>
        {PLACES.filter(({ role }) => !role || has(role)).map(({ to, label, icon: Icon }) => (
          <NavLink
            key={to}
            component={Link}
            to={to}
            label={label}
            active={to === '/' ? pathname === '/' : pathname.split('/')[1] === to.slice(1)}
            aria-current={pathname === to ? 'page' : undefined}
            leftSection={<Icon size={18} stroke={1.6} aria-hidden />}
            onClick={close}
          />
        ))}
      </AppShell.Navbar>
      <AppShell.Main id="content" tabIndex={-1}>
        <Shown of={node}>
          {() => (
            <Suspense fallback={<Loading />}>
              <Outlet />
            </Suspense>
          )}
        </Shown>
      </AppShell.Main>
    </AppShell>
  );
}

/** Programs have no name of their own. */
function callerOf({ me, node }: NodeQuery): string {
  return me.person?.name ?? node.caller.clientId;
}
