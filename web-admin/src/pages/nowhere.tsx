import { Anchor } from '@mantine/core';
import { Link } from 'react-router';
import { Empty } from '../components/empty.tsx';
import { Page } from '../components/page.tsx';

export function Component() {
  return (
    <Page title="Nothing here">
      <Empty what="There is no such page.">
        <Anchor component={Link} to="/">
          Go to the first page
        </Anchor>
      </Empty>
    </Page>
  );
}
