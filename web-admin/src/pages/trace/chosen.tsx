import { Button, Card, Group, Stack, Text, Title } from '@mantine/core';
import { Link } from 'react-router';
import { type Named, shortOf } from '../../components/names.ts';
import type { Chain, Lot } from './chain.ts';
import type { PicturesProps } from './pictures.tsx';
import { subtitleOf, titleOf } from './scene.ts';
import { reasonText } from './words.ts';

/** What is chosen, in words, and what one can do with it. */
export function Chosen({
  chain,
  chosen,
  question,
  change,
  naming,
}: PicturesProps & { chosen: ReadonlySet<string> }) {
  const { names, organisation } = naming;
  const nameOf = (id: string): string => nameIn(names, organisation, id);
  const some = [...chosen].flatMap((id) => chain.lots.get(id) ?? []);
  const only = some.length === 1 ? some[0] : undefined;
  return (
    <section aria-labelledby="chosen">
      <Title order={3} size="h5" mb="xs" id="chosen">
        Chosen
      </Title>
      {some.length === 0 ? (
        <Text c="dimmed">
          Choose a lot, a place or an event in any of the pictures: the others show the same. With Shift, one
          more.
        </Text>
      ) : (
        <Card withBorder>
          <Stack gap="xs">
            <Text fw={600}>{only ? titleOf(only) : `${some.length} lots`}</Text>
            {only && <Text size="sm">{subtitleOf(only, names)}</Text>}
            {only && <Text className="id">{only.id}</Text>}
            {only?.ends.map((end) => (
              <Text key={`${end.direction} ${end.reason} ${end.event}`} size="sm">
                {end.direction === 'BACK' ? 'Where it came from: ' : 'Where it went: '}
                {reasonText(end, nameOf)}
              </Text>
            ))}
            {only && <Text size="sm">{mixedText(chain, only.id)}</Text>}
            <Actions lots={some} question={question} change={change} />
          </Stack>
        </Card>
      )}
    </section>
  );
}

function nameIn(names: ReadonlyMap<string, Named>, organisation: (id: string) => string, id: string): string {
  return names.get(id)?.name ?? (id.includes(':') ? shortOf(id) : organisation(id));
}

function mixedText({ mixings }: Chain, id: string): string {
  const into = mixings.filter(({ inputs }) => inputs.includes(id));
  const of = mixings.find(({ outputs }) => outputs.includes(id));
  const parts = [
    of ? `It was made of ${of.inputs.length} lots that were mixed.` : '',
    into.length > 0
      ? `It was mixed with other lots ${into.length} ${into.length === 1 ? 'time' : 'times'}.`
      : '',
  ];
  return parts.filter(Boolean).join(' ');
}

/** What one can do with what is chosen. */
function Actions({
  lots,
  question,
  change,
}: Pick<PicturesProps, 'question' | 'change'> & { lots: readonly Lot[] }) {
  const only = lots.length === 1 ? lots[0] : undefined;
  return (
    <Group gap="xs">
      {only && (
        <Button
          component={Link}
          to={`/lot?${new URLSearchParams({ id: only.id }).toString()}`}
          size="compact-md"
        >
          Lot page
        </Button>
      )}
      <Button
        size="compact-md"
        variant="default"
        onClick={() =>
          change({
            starts: lots.slice(0, 100).map(({ id }) => ({ kind: 'thing', id })),
            selected: [],
            hidden: [],
          })
        }
      >
        Trace from here
      </Button>
      <Button
        size="compact-md"
        variant="default"
        onClick={() => change({ hidden: [...question.hidden, ...lots.map(({ id }) => id)], selected: [] })}
      >
        Hide
      </Button>
      <Button
        size="compact-md"
        variant="default"
        component={Link}
        to={`/balance?${new URLSearchParams(lots.slice(0, 100).map(({ id }) => ['thing', id])).toString()}`}
      >
        Mass balance
      </Button>
    </Group>
  );
}
