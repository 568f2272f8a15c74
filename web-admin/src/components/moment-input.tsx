import { TextInput } from '@mantine/core';

/** A moment in the reader's own zone; `value` and what is told are instants, null for none. */
export function MomentInput({
  label,
  value,
  onChange,
}: {
  label: string;
  value: string | null;
  onChange: (at: string | null) => void;
}) {
  return (
    <TextInput
      type="datetime-local"
      label={label}
      defaultValue={value === null ? '' : localText(new Date(value))}
      onChange={({ currentTarget }) =>
        onChange(currentTarget.value === '' ? null : new Date(currentTarget.value).toISOString())
      }
    />
  );
}

function localText(at: Date): string {
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}
