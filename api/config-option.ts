import { z } from 'zod';

/** One option: where it is read from, what it may be, what it is when nobody sets it, and why it exists. */
export interface Option<T extends z.ZodType> {
  readonly env: string;
  /** The type's description completes the sentence "LOTBOOK_PORT must be ...". */
  readonly type: T;
  /** A function where the default follows from an option above it. Absent: the option stays undefined. */
  readonly default?: z.output<T> | ((earlier: { port: number }) => z.output<T>);
  /** How `.env.example` shows a default that is not a constant, or an option without one. */
  readonly shown?: string;
  readonly explanation: string;
}

export const option = <T extends z.ZodType>(it: Option<T>): Option<T> => it;

export const text = z.string().min(1).describe('some text');
export const whole = (min: number, max: number) =>
  z.coerce.number().int().min(min).max(max).describe(`a whole number from ${min} to ${max}`);
export const milliseconds = whole(1, 86_400_000).describe(
  'a whole number of milliseconds from 1 to 86400000 (a day)',
);

const ROLE_MAP =
  /^[^=,]+=(VIEWER|EDITOR|APPROVER|INVESTIGATOR|AUDITOR|ADMINISTRATOR)(,[^=,]+=(VIEWER|EDITOR|APPROVER|INVESTIGATOR|AUDITOR|ADMINISTRATOR))*$/;
const roleMap = z.string().regex(ROLE_MAP).describe('pairs such as quality=APPROVER with commas between');

const NETWORKS = /^(loopback|private|[\da-f.:]+\/\d{1,3})(,(loopback|private|[\da-f.:]+\/\d{1,3}))*$/;
const networks = z
  .string()
  .regex(NETWORKS)
  .describe('loopback, private, or networks such as 10.1.0.0/16, with commas between');

/** An http or https URL without user, query or fragment. */
export function isBaseUrl(value: string): boolean {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  const plain = url !== undefined && !url.username && !url.password && !url.search && !url.hash;
  return plain && (url.protocol === 'http:' || url.protocol === 'https:');
}

/** A provider is trusted with who people are: nobody may stand between. */
export function isSafe(value: string): boolean {
  const { protocol, hostname } = new URL(value);
  return protocol === 'https:' || ['localhost', '127.0.0.1', '[::1]'].includes(hostname);
}

const baseUrl = z
  .string()
  .refine(isBaseUrl)
  .transform((value) => value.replace(/\/+$/, ''))
  .describe('an http or https URL without user, query or fragment');

const signerUrl = z
  .string()
  .regex(/^(unix:\/.+|http:\/\/(127\.0\.0\.1|localhost|\[::1\])(:\d+)?)$/)
  .describe('unix:<path of a socket>, or an http URL on this machine');

const privateKey = z
  .string()
  .regex(/^\s*(\{[^]*\}|-----BEGIN PRIVATE KEY-----[^]*-----END PRIVATE KEY-----)\s*$/)
  .describe('a private JWK as JSON or a PKCS#8 PEM');

/** Types that are longer than a line. */
export const kinds = { baseUrl, networks, privateKey, roleMap, signerUrl };
