import { Button, Group, Text } from '@mantine/core';
import { useState } from 'react';
import { useDeed, type Wrong } from '../../components/deed.ts';
import { saveFile } from '../../components/save-file.ts';
import { Failure } from '../../components/shown.tsx';
import { PrintRecordsDocument, type RecordWithHistoryQuery } from '../../operations/generated/documents.ts';

/** The ways of a record out of the node: on paper, and as a file with its proof. */
export function Out({
  book,
  record,
}: {
  book: string;
  record: NonNullable<RecordWithHistoryQuery['record']>;
}) {
  const [print, isPrinting] = useDeed(PrintRecordsDocument);
  const [wrong, setWrong] = useState<Wrong | null>(null);
  const [code, setCode] = useState('');
  const toPdf = async (): Promise<void> => {
    const { payload, wrong } = await print({ book, records: [record.id] });
    setWrong(wrong ?? null);
    if (!payload?.pdf) return;
    saveFile(
      'record.pdf',
      'application/pdf',
      Uint8Array.from(atob(payload.pdf), (each) => each.charCodeAt(0)),
    );
    setCode(payload.code ?? '');
  };
  const toFile = (): void => {
    const { id, kind, version, fields, token, disclosures } = record;
    const content = { book, id, kind, version, fields, token, disclosures };
    saveFile('record.json', 'application/json', JSON.stringify(content, null, 2));
  };
  return (
    <>
      <Group>
        <Button variant="default" loading={isPrinting} onClick={() => void toPdf()}>
          Print as PDF
        </Button>
        <Button variant="default" onClick={toFile}>
          Save as a file
        </Button>
      </Group>
      {wrong && <Failure message={wrong.message} duty={wrong.duty} />}
      {code && (
        <Text role="status" size="sm">
          Verification code <span className="id">{code}</span>
        </Text>
      )}
    </>
  );
}
