import './scanner.css';
import { Alert, Button, FileButton, Group, Stack, Text } from '@mantine/core';
import { useEffect, useRef, useState } from 'react';
import { prepareZXingModule, readBarcodes, type ReaderOptions } from 'zxing-wasm/reader';
import wasm from 'zxing-wasm/reader/zxing_reader.wasm?url';

// From this node, not from where the package would fetch it.
prepareZXingModule({ overrides: { locateFile: () => wasm }, fireImmediately: false });

/** The codes on food: GS1-128, GS1 DataMatrix, QR Code with a Digital Link, EAN and UPC, GS1 DataBar. */
const OPTIONS: ReaderOptions = {
  formats: ['QRCode', 'DataMatrix', 'Code128', 'EAN13', 'EAN8', 'UPCA', 'ITF', 'DataBar', 'DataBarExpanded'],
  tryHarder: true,
  maxNumberOfSymbols: 1,
  // Separators and the symbology identifier stay: the node reads them.
  textMode: 'Plain',
};
const LOOK_MS = 150;

/** Looks through the camera, or at a picture, until it reads a code. */
export default function Scanner({ onText }: { onText: (text: string) => void }) {
  const video = useRef<HTMLVideoElement>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const told = useRef(onText);
  told.current = onText;
  useEffect(() => {
    const gone = new AbortController();
    void look(video.current as HTMLVideoElement, gone.signal).then(
      (text) => text !== null && told.current(text),
      (error: unknown) => !gone.signal.aborted && setProblem(wordsOf(error)),
    );
    return () => gone.abort();
  }, []);
  const fromFile = async (file: File | null): Promise<void> => {
    if (!file) return;
    const text = await read(file).catch(() => null);
    if (text === null) setProblem('No code is found in this picture. Take it from nearer, with more light.');
    else onText(text);
  };
  return (
    <Stack mt="sm" gap="xs" maw={520}>
      <video ref={video} muted playsInline className="camera" aria-label="What the camera sees" />
      {problem && <Alert variant="default" className="attention" role="alert" title={problem} />}
      <Group gap="xs">
        <FileButton accept="image/*" onChange={(file) => void fromFile(file)}>
          {(props) => (
            <Button variant="default" size="compact-md" {...props}>
              Read from a picture
            </Button>
          )}
        </FileButton>
        <Text size="sm" c="dimmed">
          Hold a QR code, a DataMatrix or a bar code before the camera.
        </Text>
      </Group>
    </Stack>
  );
}

/** What the first code before the camera says; null where it was given up. */
async function look(video: HTMLVideoElement, signal: AbortSignal): Promise<string | null> {
  if (!navigator.mediaDevices) throw new Error('The camera works over https only.');
  const stream = await navigator.mediaDevices.getUserMedia({
    video: { facingMode: 'environment', width: { ideal: 1280 } },
  });
  try {
    video.srcObject = stream;
    await video.play();
    const canvas = document.createElement('canvas');
    const context = canvas.getContext('2d', { willReadFrequently: true });
    if (!context) throw new Error('This browser paints no pictures.');
    while (!signal.aborted) {
      [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
      context.drawImage(video, 0, 0);
      const text = await read(context.getImageData(0, 0, canvas.width, canvas.height));
      if (text !== null) return text;
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
    return null;
  } finally {
    for (const track of stream.getTracks()) track.stop();
  }
}

async function read(picture: Blob | ImageData): Promise<string | null> {
  const [found] = await readBarcodes(picture, OPTIONS);
  if (!found?.isValid) return null;
  return found.contentType === 'GS1' ? found.symbologyIdentifier + found.text : found.text;
}

function wordsOf(error: unknown): string {
  if (error instanceof DOMException && error.name === 'NotAllowedError')
    return 'The browser does not let this page use the camera. Read from a picture instead.';
  if (error instanceof DOMException) return 'There is no camera here. Read from a picture instead.';
  return error instanceof Error ? error.message : String(error);
}
