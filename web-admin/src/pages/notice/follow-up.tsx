import { Button, Modal, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import { Confirm } from '../../components/confirm.tsx';
import { useDeed, type Wrong } from '../../components/deed.ts';
import { LinkToGive } from '../../components/link-to-give.tsx';
import { Failure } from '../../components/shown.tsx';
import { EscalateRecipientDocument, MakeAnswerLinkDocument } from '../../operations/generated/documents.ts';
import type { NoticeFile } from './draft.ts';

/** A recipient who stays silent is somebody else's matter too: whose, is written down, and told to the recipient. */
export function Escalate({
  notice: { book, id },
  recipient,
  name,
  onDone,
}: {
  notice: NoticeFile;
  recipient: string;
  name: string;
  onDone: () => void;
}) {
  const [escalate] = useDeed(EscalateRecipientDocument);
  const [to, setTo] = useState('');
  return (
    <Confirm
      label="Escalate"
      title={`Escalate the silence of ${name}?`}
      deed="Escalate"
      isReady={to.trim() !== ''}
      onConfirm={() => escalate({ book, id, recipient, to }).finally(onDone)}
    >
      <Text>The recipient is told to whom.</Text>
      <TextInput
        label="To whom: its manager, the authority"
        required
        value={to}
        onChange={(event) => setTo(event.currentTarget.value)}
      />
    </Confirm>
  );
}

/** Who has no node answers by a link, which is told once. */
export function Link({ notice: { book, id }, recipient }: { notice: NoticeFile; recipient: string }) {
  const [make, isRunning] = useDeed(MakeAnswerLinkDocument);
  const [made, setMade] = useState<{ link: string; expiresAt: string } | null>(null);
  const [wrong, setWrong] = useState<Wrong>();
  const run = async (): Promise<void> => {
    const outcome = await make({ book, id, recipient });
    setWrong(outcome.wrong);
    setMade(outcome.payload?.link ?? null);
  };
  return (
    <>
      <Button variant="default" loading={isRunning} onClick={() => void run()}>
        New link
      </Button>
      {wrong && <Failure message={wrong.message} duty={wrong.duty} />}
      <Modal
        opened={made !== null}
        onClose={() => setMade(null)}
        title={`The link of ${recipient}`}
        closeButtonProps={{ 'aria-label': 'Close' }}
      >
        {made && (
          <LinkToGive link={made.link} expiresAt={made.expiresAt}>
            <Text size="sm">The link before is void.</Text>
          </LinkToGive>
        )}
      </Modal>
    </>
  );
}
