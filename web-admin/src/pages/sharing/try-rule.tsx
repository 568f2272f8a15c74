import {
  Button,
  Card,
  Checkbox,
  Group,
  MultiSelect,
  Stack,
  TagsInput,
  Text,
  TextInput,
  Title,
} from '@mantine/core';
import '@mantine/core/styles/Checkbox.css';
import { useState } from 'react';
import { useQuery } from 'urql';
import { Confirm } from '../../components/confirm.tsx';
import { useDeed } from '../../components/deed.ts';
import {
  AddGrantDocument,
  type AddGrantInput,
  PartnersDocument,
  type RecordKind,
  SharingDocument,
  type WhatIfInput,
} from '../../operations/generated/documents.ts';
import { KINDS } from '../record/words.ts';

interface Rule {
  organisations: string[];
  kinds: RecordKind[];
  fields: string[];
  title: string;
  backfill: boolean;
}

const NOTHING: Rule = { organisations: [], kinds: [], fields: [], title: '', backfill: false };

/** A rule is tried first: the table above shows what it would change; then it is saved. */
export function TryRule({
  book,
  isTried,
  onTry,
}: {
  book: string;
  isTried: boolean;
  onTry: (whatIf: WhatIfInput | null) => void;
}) {
  const [add] = useDeed(AddGrantDocument);
  const [rule, setRule] = useState<Rule>(NOTHING);
  const { organisations, kinds, fields, title, backfill } = rule;
  const input: AddGrantInput = {
    book,
    title: title.trim() || null,
    audience: { organisations },
    selector: { kinds },
    fields,
    backfill,
  };
  const isComplete = organisations.length > 0 && fields.length > 0;
  const save = async () => {
    const outcome = await add({ input });
    if (outcome.payload) onTry(null);
    return outcome;
  };
  return (
    <Card withBorder component="section" aria-labelledby="try-rule" mt="md">
      <Stack gap="sm">
        <Title order={3} size="h4" id="try-rule">
          Open fields to partners
        </Title>
        <Text size="sm">
          Try the rule: the table shows what it would change. Nothing is shared until you save it.
        </Text>
        <RuleInput
          book={book}
          rule={rule}
          onChange={(next) => {
            setRule(next);
            onTry(null);
          }}
        />
        <Group>
          <Button variant="default" disabled={!isComplete} onClick={() => onTry({ add: [input] })}>
            Try it
          </Button>
          {isTried && (
            <Button variant="default" onClick={() => onTry(null)}>
              Back to the rules as they are
            </Button>
          )}
          {isTried && isComplete && (
            <Confirm label="Save the rule" title="Share from now on?" deed="Share" onConfirm={save}>
              <Text>
                The fields go to those partners at once. You can end the rule at any time, but what they have
                received stays with them.
              </Text>
            </Confirm>
          )}
        </Group>
      </Stack>
    </Card>
  );
}

function RuleInput({ book, rule, onChange }: { book: string; rule: Rule; onChange: (rule: Rule) => void }) {
  const [{ data: partners }] = useQuery({ query: PartnersDocument });
  const [{ data: sharing }] = useQuery({ query: SharingDocument, variables: { book, whatIf: null } });
  const change = (part: Partial<Rule>): void => onChange({ ...rule, ...part });
  return (
    <>
      <Group align="start">
        <MultiSelect
          label="To"
          searchable
          data={(partners?.partners ?? [])
            .filter(({ status }) => status === 'ACTIVE')
            .map(({ organisation, name }) => ({ value: organisation, label: name }))}
          value={rule.organisations}
          onChange={(organisations) => change({ organisations })}
          w={280}
        />
        <MultiSelect
          label="Of records of these kinds (none: every kind)"
          data={Object.entries(KINDS)
            .filter(([kind]) => kind !== 'GRANT')
            .map(([value, label]) => ({ value, label }))}
          value={rule.kinds}
          onChange={(kinds) => change({ kinds: kinds as RecordKind[] })}
          w={320}
        />
        <TagsInput
          label="Fields (* for all)"
          data={['*', ...new Set(sharing?.sharing.fields.map(({ name }) => name) ?? [])]}
          value={rule.fields}
          onChange={(fields) => change({ fields })}
          w={320}
        />
        <TextInput
          label="What the rule is called"
          value={rule.title}
          onChange={(event) => change({ title: event.currentTarget.value })}
          w={280}
        />
      </Group>
      <Checkbox
        label="Also what was recorded already"
        checked={rule.backfill}
        onChange={(event) => change({ backfill: event.currentTarget.checked })}
      />
    </>
  );
}
