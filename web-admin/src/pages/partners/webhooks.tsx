import { Group, Stack, Text, Title } from '@mantine/core';
import { useQuery } from 'urql';
import { Confirm } from '../../components/confirm.tsx';
import { useDeed } from '../../components/deed.ts';
import { When } from '../../components/when.tsx';
import {
  EnableWebhookDocument,
  RemoveWebhookDocument,
  WebhooksDocument,
  type WebhooksQuery,
} from '../../operations/generated/documents.ts';

type Webhook = WebhooksQuery['webhooks'][number];

/** The addresses to which feeds are posted for a partner; nothing where there are none. For administrators. */
export function PartnerWebhooks({ organisation }: { organisation: string }) {
  const [{ data }] = useQuery({ query: WebhooksDocument });
  const webhooks = (data?.webhooks ?? []).filter(({ subscriber }) => subscriber === organisation);
  if (webhooks.length === 0) return null;
  return (
    <Stack gap="xs" role="region" aria-label="Webhooks">
      <Title order={3} size="h4">
        Posted to its addresses
      </Title>
      {webhooks.map((webhook) => (
        <One key={webhook.id} webhook={webhook} />
      ))}
    </Stack>
  );
}

function One({ webhook }: { webhook: Webhook }) {
  const { id, book, url, state, failures } = webhook;
  const [enable] = useDeed(EnableWebhookDocument);
  const [remove] = useDeed(RemoveWebhookDocument);
  return (
    <Group justify="space-between">
      <Text>
        {book} to <span className="id">{url}</span>: <Fares of={webhook} />
      </Text>
      <Group>
        {(state === 'DISABLED' || failures > 0) && (
          <Confirm
            label="Try again"
            title={`Post to ${new URL(url).host} again?`}
            deed="Post"
            onConfirm={() => enable({ id })}
          >
            <Text>It goes on from where it stopped: nothing that the partner may see is missing.</Text>
          </Confirm>
        )}
        <Confirm
          label="Remove the webhook"
          title={`Post no more to ${new URL(url).host}?`}
          deed="Remove"
          isGrave
          onConfirm={() => remove({ id })}
        >
          <Text>Nothing is posted there any more. What was posted already stays with the partner.</Text>
        </Confirm>
      </Group>
    </Group>
  );
}

function Fares({ of: { state, reason, deliveredAt, failures, failingSince, lastError } }: { of: Webhook }) {
  if (state === 'DISABLED') return <b>given up. {reason}</b>;
  if (state === 'HELD') return <>held. {reason}</>;
  if (failures > 0 && failingSince)
    return (
      <b>
        fails since <When at={failingSince} />: {lastError}
      </b>
    );
  if (!deliveredAt) return <>nothing was posted yet</>;
  return (
    <>
      last taken <When at={deliveredAt} />
    </>
  );
}
