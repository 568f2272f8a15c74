import type { CaptureJob as Row } from './generated/client.ts';
import type { Db } from './partners.ts';

/** One EPCIS capture (EPCIS 2.0, section 12.6.1). */
export interface CaptureJob {
  /** The id of its update request, where it has a single one. */
  id: string;
  book: string;
  client: string;
  /** True while a person, or another node, has yet to decide. */
  running: boolean;
  success: boolean;
  /** Events of the document, and how many of them are captured; master data are not counted. */
  events: number;
  captured: number;
  errors: CaptureError[];
  createdAt: Date;
  finishedAt: Date | null;
}

/** Why an event, or a record of the master data, was not captured. */
export interface CaptureError {
  code: string;
  message: string;
  /** 0-based index in the event list; null where it is about all of them, or about master data. */
  event: number | null;
  field: string | null;
  /** Its update request, while that waits for a decision: it is no error then. */
  request?: string | undefined;
}

/** Keeps a job; the same capture again, with its idempotency key, finds it. */
export async function keepJob(db: Db, { errors, ...job }: CaptureJob): Promise<CaptureJob> {
  const data = { ...job, errors: JSON.stringify(errors) };
  const row = await db.captureJob.upsert({ where: { id: job.id }, create: data, update: {} });
  return jobOf(row);
}

/** Writes how far a job that ran has come. */
export async function updateJob(db: Db, { errors, ...job }: CaptureJob): Promise<void> {
  const { id, running, success, captured, finishedAt } = job;
  const data = { running, success, captured, finishedAt, errors: JSON.stringify(errors) };
  await db.captureJob.updateMany({ where: { id, running: true }, data });
}

export async function findJob(db: Db, id: string): Promise<CaptureJob | null> {
  const row = await db.captureJob.findUnique({ where: { id } });
  return row && jobOf(row);
}

/** Jobs, the newest first; `after` is the place of the last one known. */
export async function listJobs(
  db: Db,
  { limit, after }: { limit: number; after: { createdAt: Date; id: string } | null },
): Promise<CaptureJob[]> {
  const rows = await db.captureJob.findMany({
    ...(after && {
      where: {
        OR: [{ createdAt: { lt: after.createdAt } }, { createdAt: after.createdAt, id: { lt: after.id } }],
      },
    }),
    orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
    take: limit,
  });
  return rows.map(jobOf);
}

function jobOf({ errors, ...row }: Row): CaptureJob {
  return { ...row, errors: JSON.parse(errors) as CaptureError[] };
}
