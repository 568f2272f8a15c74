import { Anchor, Button, Group, Modal, NativeSelect, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { useQuery } from 'urql';
import { LabelDocument, type LabelCode } from '../operations/generated/documents.ts';
import { Shown } from './shown.tsx';

/** The code of a lot for a label or a notice: looked at, printed, or taken along as a picture. */
export function PrintLabel({ of }: { of: string }) {
  const [isOpen, setIsOpen] = useState(false);
  return (
    <>
      <Button size="compact-md" variant="default" onClick={() => setIsOpen(true)}>
        Print label
      </Button>
      <Modal opened={isOpen} onClose={() => setIsOpen(false)} title="Label">
        {isOpen && <Choice of={of} />}
      </Modal>
    </>
  );
}

function Choice({ of: text }: { of: string }) {
  const [code, setCode] = useState<LabelCode>('QR');
  const [found] = useQuery({ query: LabelDocument, variables: { text, code } });
  return (
    <Stack>
      <NativeSelect
        label="Code"
        data={[
          { value: 'QR', label: 'QR code with the Digital Link of this node' },
          { value: 'DATAMATRIX', label: 'GS1 DataMatrix' },
        ]}
        value={code}
        onChange={(event) => setCode(event.currentTarget.value as LabelCode)}
      />
      <Shown of={found}>
        {({ label }) => {
          const picture = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(label.svg)}`;
          return (
            <>
              <img
                src={picture}
                alt={`${code === 'QR' ? 'QR code' : 'DataMatrix'} of ${label.text}`}
                width={240}
              />
              <Text className="id">{label.text}</Text>
              <Group>
                <Button onClick={() => printPicture(picture, label.text)}>Print</Button>
                <Anchor href={picture} download="label.svg">
                  Save as .svg
                </Anchor>
              </Group>
            </>
          );
        }}
      </Shown>
    </Stack>
  );
}

/** In a frame of its own, so that nothing but the label is printed. */
function printPicture(picture: string, text: string): void {
  const frame = document.createElement('iframe');
  frame.hidden = true;
  document.body.append(frame);
  const inside = frame.contentDocument;
  if (!inside) return;
  const image = inside.createElement('img');
  const words = inside.createElement('p');
  words.textContent = text;
  image.addEventListener('load', () => {
    frame.contentWindow?.addEventListener('afterprint', () => frame.remove());
    frame.contentWindow?.print();
  });
  inside.body.append(image, words);
  image.src = picture;
}
