import { Button, FileButton, Paper, Stack, Text } from '@mantine/core';
import { useState } from 'react';

/** Where files are dropped, or chosen by who has no mouse. */
export function DropFile({
  label,
  accept,
  isMany = false,
  onFiles,
}: {
  label: string;
  accept: string;
  isMany?: boolean;
  onFiles: (files: File[]) => void;
}) {
  const [isOver, setOver] = useState(false);
  return (
    <Paper
      withBorder
      p="xl"
      className={isOver ? 'drop over' : 'drop'}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        const files = [...event.dataTransfer.files];
        if (files.length > 0) onFiles(isMany ? files : files.slice(0, 1));
      }}
    >
      <Stack align="center" gap="xs">
        <Text ta="center">{label}</Text>
        <FileButton
          accept={accept}
          multiple={isMany}
          inputProps={{ 'aria-label': label }}
          onChange={(chosen) => {
            const files = [chosen ?? []].flat();
            if (files.length > 0) onFiles(files);
          }}
        >
          {(props) => (
            <Button variant="default" {...props}>
              {isMany ? 'Choose files' : 'Choose a file'}
            </Button>
          )}
        </FileButton>
      </Stack>
    </Paper>
  );
}
