const URI = /^[A-Za-z][A-Za-z0-9+.-]*:[^\s<>"{}|\\^`\u0000-\u001f\u007f]+$/;
const BAD_PERCENT = /%(?![0-9A-Fa-f]{2})/;

/** True for an absolute URI or IRI (RFC 3986, 3987): a scheme, and no spaces or quotes. */
export function isUri(text: string): boolean {
  return URI.test(text) && (!text.includes('%') || !BAD_PERCENT.test(text));
}
