import type { Caller } from '../../sharing/caller.ts';
import { type CaseBook, type CaseRecord, readCaseBooks, readCaseRecords } from '../../store/inquiries.ts';
import type { TraceQuery } from '../trace.ts';
import { type AcrossQuery, type AcrossStep, traceAcross } from './across.ts';
import { type GivenInquiry, type Plans, type TakenInquiry, takeInquiry } from './answer.ts';
import type { InquiryServices } from './services.ts';

/** Inquiries of this node at others, and of others here. All reject with LotbookError. */
export interface Inquiries {
  /** See `traceAcross`. */
  trace(query: TraceQuery, across: AcrossQuery, signal: AbortSignal): AsyncGenerator<AcrossStep, void>;
  /** See `takeInquiry`. */
  take(caller: Caller, given: GivenInquiry): Promise<TakenInquiry>;
  /** What was received for a case, with all by which it can be verified. */
  kept(
    id: string,
    range: { after: { book: string; record: string } | null; first: number },
  ): Promise<{ records: CaseRecord[]; books: CaseBook[] }>;
}

export function openInquiries(services: InquiryServices): Inquiries {
  const plans: Plans = new Map();
  const { pool } = services.db;
  return {
    trace: (query, across, signal) => traceAcross(services, query, across, signal),
    take: (caller, given) => takeInquiry(services, plans, caller, given),
    kept: async (id, range) => {
      const [records, books] = await Promise.all([readCaseRecords(pool, id, range), readCaseBooks(pool, id)]);
      return { records, books };
    },
  };
}
