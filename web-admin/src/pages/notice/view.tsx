import { Alert, Card, Stack, Text, Title } from '@mantine/core';
import { Facts } from '../../components/listing.tsx';
import { productOf, shortOf, useMasterData } from '../../components/names.ts';
import { When } from '../../components/when.tsx';
import type { NoticePartsFragment } from '../../operations/generated/documents.ts';
import { ACTIONS, CLASSES, DEPTHS, REASONS } from '../cases/words.ts';

type Contact = NoticePartsFragment['contact'];

/** A notice as whoever gets it sees it: without who else gets it, who drafted it, and who approved it. */
export function NoticeView({ notice, from }: { notice: NoticePartsFragment; from: string }) {
  const { action, drill, type, title, hazard, instructions, contact, afterHoursContact, lots } = notice;
  const names = useMasterData(lots.map(({ lot }) => productOf(lot)));
  return (
    <Card withBorder component="article" aria-label={title} className="attention">
      <Stack gap="sm">
        <Text fw={700}>
          {drill ? 'DRILL: ' : ''}
          {ACTIONS[action].toUpperCase()}
          {type === 'UPDATE' ? ', update' : ''}, from {from}
        </Text>
        <Title order={3} size="h3">
          {title}
        </Title>
        {drill && <Alert title="This is a drill">Nothing happened: answer as if it had.</Alert>}
        <Text>{hazard}</Text>
        <section aria-label="What to do">
          <Text fw={600}>What to do</Text>
          <Text style={{ whiteSpace: 'pre-wrap' }}>{instructions ?? 'Nothing is said yet.'}</Text>
        </section>
        <section aria-label="Lots">
          <Text fw={600}>Lots</Text>
          <ul className="lots">
            {lots.map(({ lot, state, product, marking }) => (
              <li key={lot}>
                <b>{shortOf(lot)}</b>
                {`, ${product ?? names.get(productOf(lot))?.name ?? 'product not named'}`}
                {marking ? `, marked ${marking}` : ''}
                {state === 'WITHDRAWN' ? ': NOT affected any more, use it as before' : ''}
                <Text className="id" c="dimmed">
                  {lot}
                </Text>
              </li>
            ))}
          </ul>
        </section>
        <Facts
          label="About the notice"
          facts={{
            Class: notice.class && CLASSES[notice.class],
            Reason: notice.reason && REASONS[notice.reason],
            'How far it goes': notice.depth && DEPTHS[notice.depth],
            'Acknowledge by': notice.acknowledgeBy && <When at={notice.acknowledgeBy} />,
            'Answer by': notice.respondBy && <When at={notice.respondBy} />,
            Questions: contactText(contact),
            'At night and at weekends': contactText(afterHoursContact),
            Sent: notice.issuedAt && <When at={notice.issuedAt} />,
            Closed: notice.closedAt && <When at={notice.closedAt} />,
          }}
        />
      </Stack>
    </Card>
  );
}

function contactText(contact: Contact): React.ReactNode {
  if (!contact) return null;
  const { name, phone, email } = contact;
  return (
    <>
      {name}
      {phone && (
        <>
          , <a href={`tel:${phone.replaceAll(/[^+\d]/g, '')}`}>{phone}</a>
        </>
      )}
      {email && (
        <>
          , <a href={`mailto:${email}`}>{email}</a>
        </>
      )}
    </>
  );
}
