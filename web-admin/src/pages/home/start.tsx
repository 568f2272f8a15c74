import { Anchor, Card, Group, List, Stack, Text, Title } from '@mantine/core';
import '@mantine/core/styles/List.css';
import { IconCircle, IconCircleCheck } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import { useQuery } from 'urql';
import { useCaller } from '../../components/caller.ts';
import { Copied } from '../../components/copied.tsx';
import {
  AuthoritiesDocument,
  BooksDocument,
  KeysDocument,
  PartnersDocument,
} from '../../operations/generated/documents.ts';

interface Step {
  title: string;
  isDone: boolean;
  what: ReactNode;
}

/** The first steps of a new node, until all of them are done: what is done is ticked off by itself. */
export function Start() {
  const { node, has } = useCaller();
  const [{ data: books }] = useQuery({ query: BooksDocument });
  const [{ data: partners }] = useQuery({ query: PartnersDocument });
  const [{ data: authorities }] = useQuery({ query: AuthoritiesDocument });
  const [{ data: keys }] = useQuery({ query: KeysDocument });
  if (!node || !books || !partners || !authorities || !has('ADMINISTRATOR')) return null;
  const own = books.books.filter(({ owner }) => owner === node.organisation);
  const steps: Step[] = [
    {
      title: `${node.name} has its node`,
      isDone: true,
      what: (
        <>
          It speaks for <b>{node.organisation}</b>. Partners know it by this fingerprint:{' '}
          <span className="told">{keys?.keys?.keys.at(-1)?.fingerprint}</span>. Move <code>next-key.jwk</code>{' '}
          to another machine, if you have not yet.
        </>
      ),
    },
    {
      title: 'Record something',
      isDone: own.some(({ length }) => (length ?? 0) > 0),
      what: (
        <>
          <Go to="/import">Import EPCIS files</Go>, or look around first with sample data, in a node that is
          thrown away afterwards: <Copied text="npx lotbook demo" what="the command of the demonstration" />
        </>
      ),
    },
    {
      title: 'Find your first partner',
      isDone: partners.partners.some(({ status }) => status === 'ACTIVE'),
      what: (
        <>
          <Go to="/partners">Invite somebody, or accept a link</Go>. Then{' '}
          <Go to="/sharing">say what it may see</Go>: without a rule, nobody sees anything.
        </>
      ),
    },
    {
      title: 'Go on while your node is down',
      isDone: authorities.authorities.some(
        ({ primary, backup }) => primary === node.organisation && backup !== null,
      ),
      what: (
        <>
          Appoint a partner as the backup of a book, and another one as its witness:{' '}
          <Copied
            text={`lotbook authority appoint ${own[0]?.id ?? 'BOOK'} --backup PARTNER --witness PARTNER`}
            what="the command that appoints"
          />
        </>
      ),
    },
  ];
  if (steps.every(({ isDone }) => isDone)) return null;
  return <Steps steps={steps} />;
}

function Steps({ steps }: { steps: readonly Step[] }) {
  return (
    <Card withBorder component="section" aria-labelledby="start">
      <Stack gap="sm">
        <Title order={3} size="h4" id="start">
          First steps
        </Title>
        <List listStyleType="none" spacing="sm">
          {steps.map((step) => (
            <One key={step.title} step={step} />
          ))}
        </List>
      </Stack>
    </Card>
  );
}

function One({ step: { title, isDone, what } }: { step: Step }) {
  const Icon = isDone ? IconCircleCheck : IconCircle;
  return (
    <List.Item>
      <Group gap="xs" wrap="nowrap" align="flex-start">
        <Icon size={20} aria-hidden className="mark" />
        <div>
          <Text fw={600} inherit>
            {title}
            {isDone ? ': done' : ''}
          </Text>
          {!isDone && <div>{what}</div>}
        </div>
      </Group>
    </List.Item>
  );
}

function Go({ to, children }: { to: string; children: ReactNode }) {
  return (
    <Anchor component={Link} to={to}>
      {children}
    </Anchor>
  );
}
