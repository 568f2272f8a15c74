const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** The first 160 bits of a digest for people to compare: base32 (RFC 4648, letters and the digits 2 to 7), eight groups of four. */
export function digestText(digest: Buffer): string {
  let text = '';
  for (let bit = 0; bit < 160; bit += 5) {
    const pair = digest.readUInt8(bit >> 3) * 256 + (bit >> 3 < 19 ? digest.readUInt8((bit >> 3) + 1) : 0);
    text += LETTERS[(pair >> (11 - (bit & 7))) & 31];
  }
  return (text.match(/.{4}/g) ?? []).join(' ');
}
