import { Alert, Group, List, Stack, Text, Textarea } from '@mantine/core';
import '@mantine/core/styles/List.css';
import { useState } from 'react';
import { useCaller } from '../../components/caller.ts';
import { Confirm } from '../../components/confirm.tsx';
import { useDeed } from '../../components/deed.ts';
import { LinkToGive } from '../../components/link-to-give.tsx';
import { useNames } from '../../components/names.ts';
import { When } from '../../components/when.tsx';
import {
  ApproveNoticeDocument,
  CancelNoticeDocument,
  CloseNoticeDocument,
  IssueNoticeDocument,
  type IssueNoticeMutation,
  ProposeNoticeDocument,
  SendBackNoticeDocument,
} from '../../operations/generated/documents.ts';
import { NOTICES } from '../cases/words.ts';
import type { NoticeFile } from './draft.ts';
import { Withdraw } from './withdraw.tsx';

type Links = NonNullable<NonNullable<IssueNoticeMutation['issueNotice']>['links']>;

/** Where a notice stands on its way from the draft to the close-out, what it lacks, and the steps that are open from here. */
export function Steps({ notice, onDone }: { notice: NoticeFile; onDone: () => void }) {
  const { state, missing, draftedBy, approvedBy, issuedAt, remark } = notice;
  const nameOf = useNames();
  const [links, setLinks] = useState<Links>([]);
  return (
    <Stack gap="xs" component="section" aria-label="Where it stands">
      <Text fw={700}>{NOTICES[state]}</Text>
      <Text size="sm">
        {draftedBy ? `Drafted by ${nameOf(draftedBy)}` : ''}
        {approvedBy ? `, approved by ${nameOf(approvedBy)}` : ''}
        {issuedAt && (
          <>
            , sent <When at={issuedAt} />
          </>
        )}
      </Text>
      {remark && <Text size="sm">Remark: {remark}</Text>}
      {missing.length > 0 && (
        <Alert title="Before somebody else can approve it" color="yellow" className="attention">
          <List size="sm">
            {missing.map(({ field, message }) => (
              <List.Item key={field + message}>
                {FIELD_WORDS[field] ?? field}: {message}
              </List.Item>
            ))}
          </List>
        </Alert>
      )}
      <Deeds notice={notice} onDone={onDone} onLinks={setLinks} />
      {links.map(({ recipient, link, expiresAt }) => (
        <LinkToGive key={recipient} link={link} expiresAt={expiresAt}>
          <Text size="sm">For {recipient}, which has no node here.</Text>
        </LinkToGive>
      ))}
    </Stack>
  );
}

const FIELD_WORDS: Readonly<Record<string, string>> = {
  class: 'Class',
  depth: 'How far down the chain',
  reason: 'Reason',
  hazard: 'Hazard',
  instructions: 'What a recipient has to do',
  contact: 'Who answers questions',
  afterHoursContact: 'Who answers at night and at weekends',
  lots: 'Lots',
  recipients: 'Recipients',
  acknowledgeBy: 'Receipt acknowledged until',
  respondBy: 'Answered until',
  updates: 'The notice that it goes on from',
};

interface StepProps {
  notice: NoticeFile;
  onDone: () => void;
}

function Deeds({ notice, onDone, onLinks }: StepProps & { onLinks: (links: Links) => void }) {
  const { state, title } = notice;
  const { has } = useCaller();
  const isOpen = ['DRAFT', 'PROPOSED', 'APPROVED'].includes(state);
  return (
    <Group gap="xs">
      {state === 'DRAFT' && has('INVESTIGATOR') && <Propose notice={notice} onDone={onDone} />}
      {state === 'PROPOSED' && has('APPROVER') && <Approve notice={notice} onDone={onDone} />}
      {(state === 'PROPOSED' || state === 'APPROVED') && has('APPROVER') && (
        <Reasoned
          label="Send back"
          title={`Send ${title} back to who drafts it?`}
          document={SendBackNoticeDocument}
          notice={notice}
          onDone={onDone}
        />
      )}
      {state === 'APPROVED' && has('INVESTIGATOR') && (
        <Send notice={notice} onDone={onDone} onLinks={onLinks} />
      )}
      {isOpen && has('INVESTIGATOR') && (
        <Reasoned
          label="Drop it"
          title={`Drop ${title}?`}
          document={CancelNoticeDocument}
          notice={notice}
          onDone={onDone}
        />
      )}
      {state === 'ISSUED' && <Withdraw notice={notice} onDone={onDone} />}
      {state === 'ISSUED' && has('INVESTIGATOR') && <CloseOut notice={notice} onDone={onDone} />}
    </Group>
  );
}

function Propose({ notice: { book, id, title, missing }, onDone }: StepProps) {
  const [propose] = useDeed(ProposeNoticeDocument);
  return (
    <Confirm
      label="Propose it"
      title={`Propose ${title}?`}
      deed="Propose"
      isReady={missing.length === 0}
      onConfirm={() => propose({ book, id }).finally(onDone)}
    >
      <Text>
        {missing.length === 0
          ? 'A second person looks at it then, and approves it or sends it back.'
          : 'Something is still missing: it is said above.'}
      </Text>
    </Confirm>
  );
}

function Approve({ notice: { book, id, title, draftedBy }, onDone }: StepProps) {
  const { node } = useCaller();
  const [approve] = useDeed(ApproveNoticeDocument);
  if (draftedBy === node?.caller.clientId)
    return <Text size="sm">You drafted it: somebody else approves it.</Text>;
  return (
    <Confirm
      label="Approve"
      title={`Approve ${title}?`}
      deed="Approve"
      onConfirm={() => approve({ book, id }).finally(onDone)}
    >
      <Text>As the second person, you say that all of it is right. It is not sent by that yet.</Text>
    </Confirm>
  );
}

function Send({
  notice: { book, id, title, recipients },
  onDone,
  onLinks,
}: StepProps & { onLinks: (links: Links) => void }) {
  const [issue] = useDeed(IssueNoticeDocument);
  return (
    <Confirm
      label="Send"
      title={`Send ${title} to ${recipients.length === 1 ? 'one recipient' : `${recipients.length} recipients`}?`}
      deed="Send"
      isGrave
      onConfirm={async () => {
        const outcome = await issue({ book, id });
        onLinks(outcome.payload?.links ?? []);
        onDone();
        return outcome;
      }}
    >
      <Text>
        Every recipient gets it at once, with a reply of its own to fill in. It cannot be taken back; lots
        that were marked too much can be withdrawn.
      </Text>
    </Confirm>
  );
}

/** A step that wants a reason, which is kept with it. */
function Reasoned({
  label,
  title,
  document,
  notice: { book, id },
  onDone,
}: {
  label: string;
  title: string;
  document: typeof SendBackNoticeDocument | typeof CancelNoticeDocument;
  notice: NoticeFile;
  onDone: () => void;
}) {
  const [run] = useDeed(document as typeof CancelNoticeDocument);
  const [reason, setReason] = useState('');
  return (
    <Confirm
      label={label}
      title={title}
      deed={label}
      isReady={reason.trim() !== ''}
      onConfirm={() => run({ book, id, reason }).finally(onDone)}
    >
      <Textarea
        label="Why"
        required
        autosize
        value={reason}
        onChange={(event) => setReason(event.currentTarget.value)}
      />
    </Confirm>
  );
}

function CloseOut({
  notice: { book, id, title, board },
  onDone,
}: {
  notice: NoticeFile;
  onDone: () => void;
}) {
  const [close] = useDeed(CloseNoticeDocument);
  const [despite, setDespite] = useState('');
  const left = board ? board.direct.notified - board.direct.confirmed : 0;
  return (
    <Confirm
      label="Close out"
      title={`Close ${title} out?`}
      deed="Close out"
      isReady={left === 0 || despite.trim() !== ''}
      onConfirm={() => close({ book, id, despite: despite.trim() || null }).finally(onDone)}
    >
      {left === 0 ? (
        <Text>Every recipient has removed all of it.</Text>
      ) : (
        <>
          <Text>
            {left === 1 ? 'One recipient has' : `${left} recipients have`} not confirmed that all of it is
            removed.
          </Text>
          <Textarea
            label="Why it is closed all the same"
            required
            autosize
            value={despite}
            onChange={(event) => setDespite(event.currentTarget.value)}
          />
        </>
      )}
    </Confirm>
  );
}
