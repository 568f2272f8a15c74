import { Button, Group, Modal, Stack } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { type ReactNode, useState } from 'react';
import type { Outcome, Wrong } from './deed.ts';
import { Failure } from './shown.tsx';

/** A deed that nobody shall do by chance: it is said what it means, and asked once more. */
export function Confirm({
  label,
  title,
  deed,
  isGrave = false,
  isReady = true,
  onConfirm,
  children,
}: {
  /** Of the button that asks. */
  label: string;
  /** The question. */
  title: string;
  /** Of the button that does it. */
  deed: string;
  isGrave?: boolean;
  /** Whether what has to be filled in is there. */
  isReady?: boolean;
  onConfirm: () => Promise<Outcome<unknown>>;
  children: ReactNode;
}) {
  const [isOpen, { open, close }] = useDisclosure(false);
  const [isRunning, setRunning] = useState(false);
  const [wrong, setWrong] = useState<Wrong>();
  const confirm = async (): Promise<void> => {
    setRunning(true);
    const outcome = await onConfirm();
    setRunning(false);
    setWrong(outcome.wrong);
    if (!outcome.wrong) close();
  };
  return (
    <>
      <Button variant="default" onClick={open}>
        {label}
      </Button>
      <Modal opened={isOpen} onClose={close} title={title} closeButtonProps={{ 'aria-label': 'Close' }}>
        <Stack>
          {children}
          {wrong && <Failure message={wrong.message} duty={wrong.duty} />}
          <Group>
            <Button
              color={isGrave ? 'red.8' : undefined}
              loading={isRunning}
              disabled={!isReady}
              onClick={() => void confirm()}
            >
              {deed}
            </Button>
            <Button variant="default" onClick={close}>
              Cancel
            </Button>
          </Group>
        </Stack>
      </Modal>
    </>
  );
}
