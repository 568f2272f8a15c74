const URI = /^[A-Za-z][A-Za-z0-9+.-]*:[^\s<>"{}|\\^`\u0000-\u001f\u007f]+$/;
/** In bytes of UTF-8: databases index identifiers, and a page of an index holds no more. */
export const LONGEST_URI = 2048;
const BAD_PERCENT = /%(?![0-9A-Fa-f]{2})/;

/** True for an absolute URI or IRI (RFC 3986, 3987) of at most 2048 bytes: a scheme, and no spaces or quotes. */
export function isUri(text: string): boolean {
  if (text.length * 3 > LONGEST_URI && Buffer.byteLength(text) > LONGEST_URI) return false;
  return URI.test(text) && (!text.includes('%') || !BAD_PERCENT.test(text));
}
