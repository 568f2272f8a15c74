import { Button, Group, Text } from '@mantine/core';
import { useClipboard } from '@mantine/hooks';

/** A text that goes somewhere else: a command, a link, a fingerprint. */
export function Copied({ text, what }: { text: string; what: string }) {
  const { copy, copied } = useClipboard();
  return (
    <Group gap="xs" align="center">
      <Text component="code" className="told">
        {text}
      </Text>
      <Button variant="default" size="compact-sm" onClick={() => copy(text)} aria-label={`Copy ${what}`}>
        {copied ? 'Copied' : 'Copy'}
      </Button>
    </Group>
  );
}
