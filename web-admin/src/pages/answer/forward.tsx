import { Text } from '@mantine/core';
import { useNavigate } from 'react-router';
import { Confirm } from '../../components/confirm.tsx';
import { useDeed } from '../../components/deed.ts';
import { ForwardNoticeDocument } from '../../operations/generated/documents.ts';
import { noticeLink } from '../cases/words.ts';

/** Passes a notice on to whoever got the lots from here, or what was made of them. */
export function Forward({ book, id }: { book: string; id: string }) {
  const [forward] = useDeed(ForwardNoticeDocument);
  const navigate = useNavigate();
  return (
    <div>
      <Confirm
        label="Pass it on to your customers"
        title="Pass the notice on?"
        deed="Draft it"
        onConfirm={async () => {
          const outcome = await forward({ book, id });
          const draft = outcome.payload?.notice;
          if (draft) await navigate(noticeLink(draft.book, draft.id));
          return outcome;
        }}
      >
        <Text>
          A case of your own is opened under the same case id, with a draft for whoever got these lots from
          you, or what you made of them. You look at it before it is sent. What they answer goes up in sums,
          without their names.
        </Text>
      </Confirm>
    </div>
  );
}
