const ZIP = 0x0403_4b50;
const GZIP = 0x8b1f;
const HEAD_BYTES = 30;

/** The bytes of the lines of an export that somebody chose: of a .jsonl.gz, of the .zip that holds one, or as they are. */
export async function openExport(file: Blob): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
  const head = new DataView(await file.slice(0, HEAD_BYTES).arrayBuffer());
  if (head.byteLength === HEAD_BYTES && head.getUint32(0, true) === ZIP) {
    const start = HEAD_BYTES + head.getUint16(26, true) + head.getUint16(28, true);
    return unzipped(file.slice(start, start + head.getUint32(18, true)));
  }
  const isPacked = head.byteLength >= 2 && head.getUint16(0, true) === GZIP;
  return isPacked ? unzipped(file) : file.stream();
}

function unzipped(file: Blob): ReadableStream<Uint8Array<ArrayBuffer>> {
  return file.stream().pipeThrough(new DecompressionStream('gzip'));
}
