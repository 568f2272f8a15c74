import { Button, Checkbox, Group, Modal, Select, Stack, Textarea, TextInput } from '@mantine/core';
import '@mantine/core/styles/Checkbox.css';
import { useDisclosure } from '@mantine/hooks';
import { useState } from 'react';
import { type Client, useClient } from 'urql';
import { useCaller } from '../../components/caller.ts';
import { useDeed, type Wrong } from '../../components/deed.ts';
import { MomentInput } from '../../components/moment-input.tsx';
import { Failure } from '../../components/shown.tsx';
import { IdentifyDocument, WriteCaseEntryDocument } from '../../operations/generated/documents.ts';
import { choices } from '../cases/words.ts';
import { type Asked, AT_FIRST, type EntryKind, FIELDS } from './entry-kinds.ts';

type Content = Record<string, unknown>;

const NO_CHOICE: Readonly<Record<string, string>> = {};

interface Props {
  book: string;
  kind: EntryKind;
  label: string;
  /** What is changed; a new entry otherwise. */
  entry?: { id: string; version: number; content: unknown };
  /** What a new entry of this kind is about, and what there is to choose from. */
  given?: Content;
  choicesOf?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  onDone: () => void;
}

/** Writes an entry of a case, a new one or the next version of one: a button, and what it asks. */
export function EntryForm({ label, ...props }: Props) {
  const [isOpen, { open, close }] = useDisclosure(false);
  return (
    <>
      <Button variant="default" size={props.entry ? 'compact-sm' : 'sm'} onClick={open}>
        {label}
      </Button>
      <Modal opened={isOpen} onClose={close} title={label} closeButtonProps={{ 'aria-label': 'Close' }}>
        {isOpen && <Fields {...props} close={close} />}
      </Modal>
    </>
  );
}

function Fields({
  book,
  kind,
  entry,
  given,
  choicesOf,
  onDone,
  close,
}: Omit<Props, 'label'> & { close: () => void }) {
  const [write, isRunning] = useDeed(WriteCaseEntryDocument);
  const { node } = useCaller();
  const client = useClient();
  const [content, setContent] = useState<Content>(() => ({
    ...(entry ? (entry.content as Content) : { ...AT_FIRST[kind], ...given }),
  }));
  const [wrong, setWrong] = useState<Wrong>();
  const [faults, setFaults] = useState<Readonly<Record<string, string>>>({});
  const asked = FIELDS[kind];
  const save = async (): Promise<void> => {
    const [read, bad] = await identified(asked, content, client);
    setFaults(bad);
    if (Object.keys(bad).length > 0) return;
    const outcome = await write({
      input: {
        book,
        kind,
        record: entry?.id ?? null,
        base: entry?.version ?? 0,
        content: signed(kind, read, node?.caller.clientId),
      },
    });
    setWrong(outcome.wrong);
    if (outcome.wrong) return;
    onDone();
    close();
  };
  return (
    <Stack
      gap="sm"
      component="form"
      onSubmit={(event: React.FormEvent) => {
        event.preventDefault();
        void save();
      }}
    >
      {asked.map((field) => (
        <Input
          key={field.name}
          asked={{ ...field, choices: choicesOf?.[field.name] ?? field.choices }}
          value={content[field.name]}
          fault={faults[field.name]}
          onChange={(value) => setContent((before) => ({ ...before, [field.name]: value }))}
        />
      ))}
      {wrong && <Failure message={wrong.message} duty={wrong.duty} />}
      <Group>
        <Button type="submit" loading={isRunning}>
          Save
        </Button>
        <Button variant="default" onClick={close}>
          Cancel
        </Button>
      </Group>
    </Stack>
  );
}

function Input({
  asked: { label, as, isNeeded, choices: words = NO_CHOICE },
  value,
  fault,
  onChange,
}: {
  asked: Asked;
  value: unknown;
  fault: string | undefined;
  onChange: (value: unknown) => void;
}) {
  const text = typeof value === 'string' || typeof value === 'number' ? String(value) : '';
  const common = { label, error: fault, required: isNeeded };
  if (as === 'MOMENT') return <MomentInput label={label} value={text || null} onChange={onChange} />;
  if (as === 'YES')
    return (
      <Checkbox
        label={label}
        checked={value === true}
        onChange={(event) => onChange(event.currentTarget.checked)}
      />
    );
  if (as === 'CHOICE')
    return (
      <Select
        {...common}
        data={choices(words)}
        value={text || null}
        allowDeselect={!isNeeded}
        onChange={onChange}
      />
    );
  if (as === 'LONG')
    return (
      <Textarea
        {...common}
        autosize
        minRows={2}
        value={text}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
    );
  return (
    <TextInput
      {...common}
      description={as === 'THING' ? 'what is printed on it: (01)…(10)…, or its identifier' : undefined}
      inputMode={as === 'COUNT' ? 'numeric' : undefined}
      value={text}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  );
}

/** With who says it and when, where an entry of this kind tells that. */
function signed(kind: EntryKind, content: Content, who: string | undefined): Content {
  const now = new Date().toISOString();
  const by = content['by'] ?? who;
  if (kind === 'SUSPECT') return { ...content, by };
  if (kind === 'CASE_DECISION' || kind === 'CHECK') return { ...content, by, at: content['at'] ?? now };
  const isDone = kind === 'TASK' && content['state'] === 'DONE';
  return isDone ? { ...content, doneAt: content['doneAt'] ?? now } : content;
}

/** The content with what is not filled in left out and each identifier as the node reads it; and which it cannot read. */
async function identified(
  asked: readonly Asked[],
  content: Content,
  client: Client,
): Promise<[Content, Record<string, string>]> {
  const read: Content = { ...content };
  const faults: Record<string, string> = {};
  for (const { name, as } of asked) {
    const value = read[name];
    if (value === '' || value === null || value === undefined) delete read[name];
    else if (as === 'THING') {
      const { data } = await client.query(IdentifyDocument, { text: String(value) }).toPromise();
      const found = data?.identify;
      if (found && !found.fault) read[name] = found.identifier;
      else faults[name] = found?.fault ?? 'The node does not answer.';
    }
  }
  return [read, faults];
}
