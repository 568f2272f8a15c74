import { z } from 'zod';
import { errorCodes, LotbookError, type ErrorCode } from '../errors.ts';
import type { RequestView } from './update.ts';

const CODES = Object.keys(errorCodes) as [ErrorCode, ...ErrorCode[]];
/** What the database can hold. */
const text = z
  .string()
  .max(10_000)
  .refine((value) => !/\0|\p{Surrogate}/u.test(value));
const count = z.number().int().min(0).max(2_147_483_647);
const time = z.iso.datetime({ offset: true });

/** What another node says of a request: the fields of UpdateRequest in schema/request.graphql. */
const remoteRequest = z.object({
  id: text.nullish(),
  state: z.enum(['PROVISIONAL', 'PENDING', 'APPROVED', 'REFUSED', 'REJECTED']),
  createdAt: time.nullish(),
  decidedAt: time.nullable(),
  decidedBy: text.nullable(),
  reason: text.nullable(),
  outcome: z.array(z.object({ record: text, version: count, seq: count })),
  provisional: text.nullish(),
  error: z
    .object({
      // Of a later version: whoever asked has to look at what is there.
      code: z.enum(CODES).catch('CONFLICT'),
      message: text,
      place: text.nullish(),
      retryAfterMs: count.nullish(),
      currentVersion: count.nullish(),
    })
    .nullable(),
});

export type RemoteRequest = z.infer<typeof remoteRequest>;

const renewal = z.object({
  until: time.nullish(),
  error: z.object({ code: z.enum(CODES).catch('CONFLICT'), message: text }).nullish(),
});

/** Until when locks are held, as the holder of the right answers. Throws what it refuses with, or UNREACHABLE. */
export function readRenewal(answer: unknown): Date {
  const { until, error } = renewal.safeParse(answer).data ?? {};
  if (error) throw new LotbookError(error.code, error.message);
  if (!until) throw new LotbookError('UNREACHABLE', 'The answer is not in the form that was agreed.');
  return new Date(until);
}

/** The answers to `count` requests, in their order; null for each that is not in the form that was agreed. */
export function readAnswers(answers: unknown, count: number): (RemoteRequest | null)[] {
  const list: readonly unknown[] = Array.isArray(answers) ? answers : [];
  return Array.from({ length: count }, (_, index) => remoteRequest.safeParse(list[index]).data ?? null);
}

/** Errors after which the same request may still succeed. */
const PASSING: ReadonlySet<ErrorCode> = new Set([
  'IN_USE',
  'TOO_BUSY',
  'TOO_MANY_CALLS',
  'SHUTTING_DOWN',
  'INTERNAL',
  'UNREACHABLE',
  'UNABLE',
  'NOT_AUTHORITY',
]);

export function isPassing({ error }: RemoteRequest): boolean {
  return error !== null && PASSING.has(error.code);
}

/** Whether it is the end of the request, and what two nodes must not say differently. */
export function decisionIn({ state, decidedAt, outcome, error }: RemoteRequest): string | null {
  if (state === 'PENDING' || state === 'PROVISIONAL' || decidedAt === null) return null;
  return JSON.stringify({ state, outcome, code: error?.code ?? null });
}

/** The answer of the holder as that of the node that asked it for a requester. */
export function viewOfRemote(
  { id, createdAt, decidedAt, provisional, error, ...answer }: RemoteRequest,
  { book, key, requester }: { book: string; key: string; requester: string },
): RequestView {
  const { code, message, place, retryAfterMs, currentVersion } = error ?? {};
  return {
    ...answer,
    id: id ?? null,
    book,
    key,
    requester,
    createdAt: createdAt ? new Date(createdAt) : null,
    decidedAt: decidedAt ? new Date(decidedAt) : null,
    error:
      code === undefined
        ? null
        : {
            code,
            message: message ?? '',
            place: place ?? undefined,
            retryAfterMs: retryAfterMs ?? undefined,
            currentVersion: currentVersion ?? undefined,
          },
    waitsFor: null,
    provisional: provisional ?? null,
    changes: null,
  };
}
