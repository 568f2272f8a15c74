import { Button, Group, TextInput } from '@mantine/core';
import { useState } from 'react';
import { type Draft, inputOf } from './draft.ts';

type Fields = Readonly<Record<string, unknown>>;

/** An input for each field of a record. */
export function Inputs({
  fields,
  draft,
  onChange,
}: {
  fields: Fields;
  draft: Draft;
  onChange: (draft: Draft) => void;
}) {
  const [name, setName] = useState('');
  const names = [...new Set([...Object.keys(fields), ...Object.keys(draft)])].toSorted();
  const set = (field: string, text: string): void => {
    const { [field]: _, ...rest } = draft;
    const isSame = text === inputOf(fields[field]);
    onChange(isSame ? rest : { ...rest, [field]: text === '' ? null : text });
  };
  return (
    <>
      {names.map((field) => (
        <TextInput
          key={field}
          label={field}
          value={Object.hasOwn(draft, field) ? (draft[field] ?? '') : inputOf(fields[field])}
          description={Object.hasOwn(draft, field) ? `was: ${inputOf(fields[field]) || 'empty'}` : undefined}
          onChange={(event) => set(field, event.currentTarget.value)}
        />
      ))}
      <Group align="end">
        <TextInput
          label="Another field"
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Button
          variant="default"
          disabled={name.trim() === '' || names.includes(name.trim())}
          onClick={() => {
            onChange({ ...draft, [name.trim()]: '' });
            setName('');
          }}
        >
          Add it
        </Button>
      </Group>
    </>
  );
}
