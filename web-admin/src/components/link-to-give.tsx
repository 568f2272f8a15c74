import { Alert, Group, Stack, Text } from '@mantine/core';
import { lazy, type ReactNode, Suspense } from 'react';
import { Copied } from './copied.tsx';
import { Loading } from './shown.tsx';
import { When } from './when.tsx';

const Qr = lazy(() => import('./qr.tsx'));

/** A link that lets in whoever has it, once: to copy, or to hold a camera at. */
export function LinkToGive({
  link,
  expiresAt,
  children,
}: {
  link: string;
  expiresAt: string;
  children: ReactNode;
}) {
  return (
    <Alert title="Give this link away by a way that you trust" role="status">
      <Group align="flex-start" wrap="wrap">
        <Stack gap="xs" className="grow">
          <Copied text={link} what="the link" />
          <Text size="sm">
            It works once, until <When at={expiresAt} />, and is not shown again.
          </Text>
          {children}
        </Stack>
        <Suspense fallback={<Loading />}>
          <Qr text={link} label="The same link as a QR code" />
        </Suspense>
      </Group>
    </Alert>
  );
}
