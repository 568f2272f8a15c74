import { Button, Group, Select, SimpleGrid, Stack, Text, Textarea, TextInput, Title } from '@mantine/core';
import { useState } from 'react';
import { useCaller } from '../../components/caller.ts';
import { useDeed, type Wrong } from '../../components/deed.ts';
import { productOf, useMasterData } from '../../components/names.ts';
import { MomentInput } from '../../components/moment-input.tsx';
import { Failure } from '../../components/shown.tsx';
import { DraftNoticeDocument, EditNoticeDocument } from '../../operations/generated/documents.ts';
import { ACTIONS, choices, CLASSES, DEPTHS, REASONS } from '../cases/words.ts';
import { type Draft, inputOf, type NoticeFile, type Person, previewOf } from './draft.ts';
import { LotsInput } from './lots-input.tsx';
import { RecipientsInput } from './recipients-input.tsx';
import { NoticeView } from './view.tsx';

type Change = (part: Partial<Draft>) => void;

/** A draft: what it says, whom it goes to, and beside it what those will see. */
export function Editor({
  book,
  notice,
  first,
  onSaved,
}: {
  book: string;
  /** Null for a new one. */
  notice: NoticeFile | null;
  first: Draft;
  onSaved: (id: string) => void;
}) {
  const { node } = useCaller();
  const [typed, setDraft] = useState(first);
  const draft = useNamed(typed);
  const [create, isCreating] = useDeed(DraftNoticeDocument);
  const [edit, isEditing] = useDeed(EditNoticeDocument);
  const [wrong, setWrong] = useState<Wrong>();
  const change: Change = (part) => setDraft((before) => ({ ...before, ...part }));
  const save = async (): Promise<void> => {
    const input = inputOf(book, draft);
    const outcome = notice
      ? await edit({ id: notice.id, base: notice.version, input })
      : await create({ input });
    setWrong(outcome.wrong);
    const id = outcome.payload?.notice?.id;
    if (id) onSaved(id);
  };
  return (
    <SimpleGrid cols={{ base: 1, lg: 2 }} spacing="lg">
      <Stack gap="md" component="section" aria-label="The draft">
        <What draft={draft} change={change} />
        <LotsInput draft={draft} change={change} />
        <RecipientsInput book={book} draft={draft} change={change} />
        <When draft={draft} change={change} />
        <People
          label="Who answers questions"
          value={draft.contact}
          onChange={(contact) => change({ contact })}
        />
        <People
          label="Who answers at night and at weekends"
          value={draft.afterHoursContact}
          onChange={(afterHoursContact) => change({ afterHoursContact })}
        />
        {wrong && <Failure message={wrong.message} duty={wrong.duty} />}
        <Group>
          <Button loading={isCreating || isEditing} onClick={() => void save()}>
            Save the draft
          </Button>
        </Group>
      </Stack>
      <section aria-label="Preview">
        <Text size="sm" c="dimmed" mb="xs">
          As a recipient will see it
        </Text>
        <NoticeView notice={previewOf(book, draft, notice)} from={node?.name ?? ''} />
      </section>
    </SimpleGrid>
  );
}

/** With the products of its lots by name: whoever gets the notice may not know them. */
function useNamed(draft: Draft): Draft {
  const { lots } = draft;
  const names = useMasterData(lots.map(({ lot }) => productOf(lot)));
  const nameOf = (lot: string): string => names.get(productOf(lot))?.name ?? '';
  return { ...draft, lots: lots.map((each) => ({ ...each, product: each.product || nameOf(each.lot) })) };
}

function What({ draft, change }: { draft: Draft; change: Change }) {
  return (
    <Stack gap="sm">
      <TextInput
        label="Title"
        description="product, hazard, and what it is: the first that is read"
        required
        value={draft.title}
        onChange={(event) => change({ title: event.currentTarget.value })}
      />
      <Group grow align="start" preventGrowOverflow={false}>
        <Chosen
          label="Action"
          words={ACTIONS}
          value={draft.action}
          onChange={(action) => action && change({ action })}
        />
        <Chosen
          label="Class"
          words={CLASSES}
          value={draft.class}
          onChange={(next) => change({ class: next })}
        />
        <Chosen
          label="Reason"
          words={REASONS}
          value={draft.reason}
          onChange={(reason) => change({ reason })}
        />
        <Chosen
          label="How far down the chain"
          words={DEPTHS}
          value={draft.depth}
          onChange={(depth) => change({ depth })}
        />
      </Group>
      <Textarea
        label="Hazard, in words for everybody"
        autosize
        minRows={2}
        value={draft.hazard}
        onChange={(event) => change({ hazard: event.currentTarget.value })}
      />
      <Textarea
        label="What a recipient has to do"
        autosize
        minRows={3}
        value={draft.instructions}
        onChange={(event) => change({ instructions: event.currentTarget.value })}
      />
    </Stack>
  );
}

function Chosen<K extends string>({
  label,
  words,
  value,
  onChange,
}: {
  label: string;
  words: Readonly<Record<K, string>>;
  value: K | null | undefined;
  onChange: (value: K | null) => void;
}) {
  return (
    <Select
      label={label}
      miw={180}
      placeholder="not said yet"
      data={choices(words)}
      value={value ?? null}
      onChange={(next) => onChange(next as K | null)}
    />
  );
}

function When({ draft: { acknowledgeBy, respondBy }, change }: { draft: Draft; change: Change }) {
  return (
    <Group>
      <MomentInput
        label="Receipt acknowledged until"
        value={acknowledgeBy}
        onChange={(at) => change({ acknowledgeBy: at })}
      />
      <MomentInput label="Answered until" value={respondBy} onChange={(at) => change({ respondBy: at })} />
    </Group>
  );
}

function People({
  label,
  value,
  onChange,
}: {
  label: string;
  value: Person;
  onChange: (value: Person) => void;
}) {
  return (
    <Stack component="fieldset" gap="xs" className="bare">
      <Title component="legend" order={4} size="h5">
        {label}
      </Title>
      <Group grow align="start" preventGrowOverflow={false}>
        <TextInput
          label="Name"
          value={value.name}
          onChange={(event) => onChange({ ...value, name: event.currentTarget.value })}
        />
        <TextInput
          label="Telephone"
          type="tel"
          value={value.phone}
          onChange={(event) => onChange({ ...value, phone: event.currentTarget.value })}
        />
        <TextInput
          label="E-mail"
          type="email"
          value={value.email}
          onChange={(event) => onChange({ ...value, email: event.currentTarget.value })}
        />
      </Group>
    </Stack>
  );
}
