import { Checkbox, Stack, Text, Textarea } from '@mantine/core';
import '@mantine/core/styles/Checkbox.css';
import { useState } from 'react';
import { useCaller } from '../../components/caller.ts';
import { Confirm } from '../../components/confirm.tsx';
import { useDeed } from '../../components/deed.ts';
import { shortOf } from '../../components/names.ts';
import { WithdrawLotsDocument } from '../../operations/generated/documents.ts';
import type { NoticeFile } from './draft.ts';

/** Lots that were marked too much are taken out, at every recipient. A second person does it. */
export function Withdraw({
  notice: { book, id, lots, draftedBy },
  onDone,
}: {
  notice: NoticeFile;
  onDone: () => void;
}) {
  const { node, has } = useCaller();
  const [withdraw] = useDeed(WithdrawLotsDocument);
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const [reason, setReason] = useState('');
  if (!has('APPROVER') || draftedBy === node?.caller.clientId) return null;
  return (
    <Confirm
      label="Withdraw lots"
      title="Which lots are not affected after all?"
      deed="Withdraw"
      isGrave
      isReady={chosen.length > 0 && reason.trim() !== ''}
      onConfirm={() => withdraw({ book, id, lots: [...chosen], reason }).finally(onDone)}
    >
      <Stack gap="xs">
        {lots
          .filter(({ state }) => state === 'AFFECTED')
          .map(({ lot, product }) => (
            <Checkbox
              key={lot}
              label={[shortOf(lot), product].filter(Boolean).join(', ')}
              checked={chosen.includes(lot)}
              onChange={() =>
                setChosen(chosen.includes(lot) ? chosen.filter((each) => each !== lot) : [...chosen, lot])
              }
            />
          ))}
        <Text size="sm">Every recipient is told that they may use these lots again.</Text>
        <Textarea
          label="Why"
          required
          autosize
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
        />
      </Stack>
    </Confirm>
  );
}
