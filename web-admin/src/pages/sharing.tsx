import { Select, Tabs } from '@mantine/core';
import '@mantine/core/styles/Tabs.css';
import { useState } from 'react';
import { useSearchParams } from 'react-router';
import { useQuery } from 'urql';
import { useCaller } from '../components/caller.ts';
import { Empty } from '../components/empty.tsx';
import { Page } from '../components/page.tsx';
import { Shown } from '../components/shown.tsx';
import { BooksDocument, type WhatIfInput } from '../operations/generated/documents.ts';
import { Emergencies } from './sharing/emergencies.tsx';
import { Matrix } from './sharing/matrix.tsx';
import { Receipts } from './sharing/receipts.tsx';
import { Rules } from './sharing/rules.tsx';
import { SeenBy } from './sharing/seen-by.tsx';
import { TryRule } from './sharing/try-rule.tsx';
import { isPrepared } from './sharing/words.ts';

/** Who may see what of a book, why, what would change by other rules, and who has received what. */
export function Component() {
  const { node } = useCaller();
  const [params, setParams] = useSearchParams();
  const [found] = useQuery({ query: BooksDocument });
  const own = (found.data?.books ?? []).filter(({ owner }) => owner === node?.organisation);
  const book = params.get('book') ?? own[0]?.id ?? null;
  return (
    <Page
      title="Sharing"
      aside={
        <Select
          label="Book"
          w={320}
          maw="100%"
          value={book}
          data={own.map(({ id, title }) => ({ value: id, label: `${title} (${id})` }))}
          allowDeselect={false}
          onChange={(next) =>
            next && setParams({ ...Object.fromEntries(params), book: next }, { replace: true })
          }
        />
      }
    >
      <Shown of={found}>
        {() =>
          book === null ? (
            <Empty what="You have no book of your own.">
              Only the owner of a book says who sees what of it.
            </Empty>
          ) : (
            <Of key={book} book={book} />
          )
        }
      </Shown>
    </Page>
  );
}

function Of({ book }: { book: string }) {
  const { has } = useCaller();
  const [params, setParams] = useSearchParams();
  const [whatIf, setWhatIf] = useState<WhatIfInput | null>(null);
  const partner = params.get('partner');
  const go = (change: Record<string, string>): void =>
    setParams({ ...Object.fromEntries(params), ...change }, { replace: true });
  const tryWithout = (id: string): void => {
    setWhatIf({ end: [id] });
    go({ view: 'matrix' });
  };
  return (
    <Tabs
      value={params.get('view') ?? (partner ? 'seen' : 'matrix')}
      onChange={(view) => view && go({ view })}
      keepMounted={false}
    >
      <Tabs.List mb="md">
        <Tabs.Tab value="matrix">Fields by partners</Tabs.Tab>
        <Tabs.Tab value="rules">Rules</Tabs.Tab>
        <Tabs.Tab value="seen">View as a partner</Tabs.Tab>
        <Tabs.Tab value="received">Received</Tabs.Tab>
        <Tabs.Tab value="emergency">Emergency</Tabs.Tab>
      </Tabs.List>
      <Tabs.Panel value="matrix">
        <Matrix book={book} whatIf={whatIf} />
        {has('ADMINISTRATOR') && <TryRule book={book} isTried={whatIf !== null} onTry={setWhatIf} />}
      </Tabs.Panel>
      <Tabs.Panel value="rules">
        <Rules
          book={book}
          isShown={(grant) => !isPrepared(grant)}
          none={
            <Empty what="There is no rule: nobody but your own people sees anything.">
              Open fields under Fields by partners.
            </Empty>
          }
          onTryWithout={tryWithout}
        />
      </Tabs.Panel>
      <Tabs.Panel value="seen">
        <SeenBy book={book} partner={partner} onPartner={(next) => go({ partner: next, view: 'seen' })} />
      </Tabs.Panel>
      <Tabs.Panel value="received">
        <Receipts book={book} />
      </Tabs.Panel>
      <Tabs.Panel value="emergency">
        <Emergencies book={book} />
      </Tabs.Panel>
    </Tabs>
  );
}
