import { readFileSync } from 'node:fs';
import { readBarcodes, prepareZXingModule } from 'zxing-wasm/reader';
import { beforeAll, describe, expect, it } from 'vitest';
import { readIdentifier } from '../../api/events/element-string.ts';
import { labelOf, labelPdf, labelPng, labelSvg } from '../../api/exports/label.ts';
import { packagePath } from '../../api/package-root.ts';

const HOST = 'https://lotbook.packer.example';
const LOT = 'https://id.gs1.org/01/09521141012345/10/A%2F1';

beforeAll(() => {
  const wasmBinary = readFileSync(packagePath('node_modules/zxing-wasm/dist/reader/zxing_reader.wasm'));
  prepareZXingModule({ overrides: { wasmBinary: wasmBinary.buffer as ArrayBuffer } });
});

/** What a reader of bar codes finds in a picture. */
async function scanned(png: Buffer): Promise<string[]> {
  const codes = await readBarcodes(new Uint8Array(png), {
    formats: ['QRCode', 'DataMatrix'],
    textMode: 'Plain',
  });
  return codes.map(({ format, text }) => `${format} ${text}`);
}

describe('a label', () => {
  it('has a QR code that leads to the node, with the lot', async () => {
    const label = labelOf('(01)09521141012345(10)A/1', 'QR', `${HOST}/`);
    expect(label.text).toBe('(01)09521141012345(10)A/1');
    const [text = ''] = await scanned(await labelPng(label));
    expect(text).toBe(`QRCode ${HOST}/01/09521141012345/10/A%2F1`);
    expect(readIdentifier(text.slice('QRCode '.length)).canonical).toBe(LOT);
  });

  it('has a GS1 DataMatrix that is read as the same lot', async () => {
    const [text = ''] = await scanned(await labelPng(labelOf(LOT, 'DATAMATRIX', HOST)));
    expect(text).toContain('DataMatrix');
    expect(readIdentifier(text.slice('DataMatrix '.length)).canonical).toBe(LOT);
  });

  it('may be of what has no GS1 key, as a QR code', async () => {
    const urn = 'urn:gdst:example.org:product:lot:class:f.1';
    expect(await scanned(await labelPng(labelOf(urn, 'QR', HOST)))).toEqual([`QRCode ${urn}`]);
    expect(() => labelOf(urn, 'DATAMATRIX', HOST)).toThrow('ask for a QR code');
    expect(() => labelOf('(01)09521141012346', 'QR', HOST)).toThrow('check digit');
  });

  it('is a picture in SVG, or a page in PDF', async () => {
    const label = labelOf(LOT, 'QR', HOST);
    expect(await labelSvg(label)).toMatch(/^<svg [\s\S]+<\/svg>\s*$/);
    expect((await labelPdf(label)).subarray(0, 5).toString()).toBe('%PDF-');
  });
});
