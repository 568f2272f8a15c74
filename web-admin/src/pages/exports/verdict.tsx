import { Alert, List, Stack, Text } from '@mantine/core';
import '@mantine/core/styles/List.css';
import type { ExportReport } from '../../../../api/ledger/export/verify.ts';
import { Facts } from '../../components/listing.tsx';
import { When } from '../../components/when.tsx';

/** What was found, in words: the answer first, then what it rests on. */
export function Verdict({ name, report }: { name: string; report: ExportReport }) {
  const { ok, fault, header, roots, checks, unproven } = report;
  const unknown = roots.filter(({ pinned }) => !pinned);
  return (
    <Stack gap="sm">
      {ok ? (
        <Alert role="status" title={`${name} is valid`}>
          {unknown.length === 0
            ? 'Every line is what was signed, by the key that you know.'
            : 'Every line is what was signed. Compare the fingerprint below: all of it rests on that.'}
        </Alert>
      ) : (
        <Alert color="red" role="alert" title={`${name} is not valid`}>
          The first bad line is {fault?.line}
          {fault?.seq === undefined ? '' : `, entry ${fault.seq} of the log`}: {fault?.message} ({fault?.code}
          ). Nothing after it was looked at.
        </Alert>
      )}
      {unknown.map(({ organisation, name: called, part, fingerprint }) => (
        <Text key={organisation}>
          Let the people of {called}, {part === 'owner' ? 'the owner of the book' : 'who made the file'}, read
          their fingerprint to you: <span className="told">{fingerprint}</span>
        </Text>
      ))}
      {header && (
        <Facts
          label="What the file is"
          facts={{
            Book: `${header.title} (${header.book})`,
            Owner: header.owner,
            'Made by': header.by,
            Made: <When at={header.madeAt} />,
            'As seen by': header.audience ?? 'who made it: everything that it holds',
            'Entries of the log': header.entries.toLocaleString(),
          }}
        />
      )}
      <Text fw={600}>What was checked</Text>
      <List>
        {checks.map(({ name: check, title, text }) => (
          <List.Item key={check}>
            {title}: {text}
          </List.Item>
        ))}
      </List>
      {ok && unproven.length > 0 && (
        <Alert color="yellow" title="What the file does not prove">
          <List>
            {unproven.map(({ name: check, title, text }) => (
              <List.Item key={check}>
                {title}: {text}
              </List.Item>
            ))}
          </List>
        </Alert>
      )}
    </Stack>
  );
}
