import { Button, Stack, Text, TextInput, Title } from '@mantine/core';
import { useState } from 'react';
import { useQuery } from 'urql';
import { Shown } from '../../components/shown.tsx';
import { ContractDocument, type OperationPartsFragment } from '../../operations/generated/documents.ts';
import { startOf, typeText } from './words.ts';

const ROOTS = [
  ['query', 'queryType'],
  ['mutation', 'mutationType'],
  ['subscription', 'subscriptionType'],
] as const;

/** What the contract has, by introspection: found by its words, and begun with a click. */
export function Operations({ onChosen }: { onChosen: (document: string) => void }) {
  const [contract] = useQuery({ query: ContractDocument });
  const [sought, setSought] = useState('');
  const fits = ({ name, description }: OperationPartsFragment): boolean =>
    `${name} ${description ?? ''}`.toLowerCase().includes(sought.toLowerCase());
  return (
    <Stack gap="xs">
      <Title order={3} size="h4">
        What can be asked
      </Title>
      <TextInput
        label="Find an operation"
        value={sought}
        onChange={(event) => setSought(event.currentTarget.value)}
      />
      <Shown of={contract}>
        {({ __schema: schema }) => (
          <ul className="plain-list">
            {ROOTS.flatMap(([root, type]) =>
              (schema[type]?.fields ?? []).filter(fits).map((field) => (
                <li key={root + field.name}>
                  <Button variant="subtle" size="compact-sm" onClick={() => onChosen(startOf(root, field))}>
                    {root} {field.name}
                  </Button>{' '}
                  <code>
                    ({field.args.map((arg) => `${arg.name}: ${typeText(arg.type)}`).join(', ')}):{' '}
                    {typeText(field.type)}
                  </code>
                  <Text size="sm" c="dimmed">
                    {field.description}
                  </Text>
                </li>
              )),
            )}
          </ul>
        )}
      </Shown>
    </Stack>
  );
}
