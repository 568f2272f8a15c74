import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { isOrganisationId } from '../organisation-id.ts';
import { HomeError } from './error.ts';

const BOOK_NAME = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

/** What a node knows about itself: `organisation.json` in its directory. */
export const organisationFile = z.strictObject({
  organisation: z
    .string()
    .refine(isOrganisationId, 'must be a lower-case name like a DNS name, such as packer.example'),
  name: z.string().trim().min(1, 'must not be empty').max(200, 'must be shorter than 200 characters'),
  gln: z
    .string()
    .refine(isGln, 'must be a GS1 Global Location Number: 13 digits with a valid check digit')
    .optional(),
  url: z
    .string()
    .refine(isHttpUrl, 'must be an http or https URL')
    .transform((url) => url.replace(/\/+$/, ''))
    .optional(),
  /** Books that the first start opens. */
  books: z
    .array(z.string().regex(BOOK_NAME, 'must be lower-case letters, digits and hyphens'))
    .max(100)
    .optional(),
});

export type OrganisationFile = z.output<typeof organisationFile>;

/** @throws HomeError BAD_ORGANISATION naming what is wrong with which member */
export function parseOrganisation(input: unknown, from: string): OrganisationFile {
  const parsed = organisationFile.safeParse(input);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => `${issue.path.join('.') || 'it'} ${issue.message}`);
  throw new HomeError('BAD_ORGANISATION', `${from}: ${problems.join('; ')}.`, 'Correct it and try again.');
}

/** @throws HomeError NO_HOME, BAD_ORGANISATION */
export async function readOrganisationFile(file: string): Promise<OrganisationFile> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) {
    throw new HomeError(
      'NO_HOME',
      `There is no node in this directory: ${file} is missing.`,
      'Run `lotbook init --organisation <name> --name "<company>"` here, or set LOTBOOK_DIR.',
    );
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new HomeError('BAD_ORGANISATION', `${file} is not JSON.`, 'Correct it and try again.');
  }
  return parseOrganisation(value, file);
}

function isHttpUrl(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || url.username || url.password || url.search || url.hash) return false;
  return url.protocol === 'http:' || url.protocol === 'https:';
}

/** GS1 General Specifications, section 7.9: weights 1 and 3 from the left for 13 digits. */
function isGln(text: string): boolean {
  if (!/^\d{13}$/.test(text)) return false;
  const sum = [...text].reduce((total, digit, place) => total + Number(digit) * (place % 2 === 0 ? 1 : 3), 0);
  return sum % 10 === 0;
}
