import { z } from 'zod';
import { digest, issuedAt, length, ordinal, text } from '../statements/shapes.ts';
import { statementKind } from '../statements/statement.ts';

export const EXPORT_TYP = 'trace-export+jwt';

/** The last line of an export: its maker signs all lines before, so that none can be changed, left out or added. */
const shape = z.strictObject({
  /** The organisation whose node made the export. */
  iss: text,
  book: text,
  audience: text.nullable(),
  iat: issuedAt,
  /** RFC 9162 root over the lines before the log: what was asked for, and the keys. */
  opening: digest,
  /** Lines before this one, and the RFC 9162 root over them: a leaf's input is the SHA-256 of a line. */
  lines: ordinal,
  root: digest,
  /** Entries of the log, and their root; null where the maker does not know the whole log. */
  log: z.strictObject({ length, root: digest }).nullable(),
});

const kind = statementKind(EXPORT_TYP, shape);

/** The maker signs. Rejects with INTERNAL what no reader would take. */
export const signManifest = kind.sign;

/** Check a manifest; `issuer` is the organisation that the header names as the maker. */
export const verifyManifest = kind.verify;
