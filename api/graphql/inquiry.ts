import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { GivenInquiry } from '../delivery/inquiry/answer.ts';
import { LotbookError } from '../errors.ts';
import { payload } from './errors.ts';
import type { GraphQLContext } from './context.ts';
import type { Resolvers } from './generated/resolvers.ts';
import { partnerView } from './partner.ts';
import { COMPLETE, eventStream, nextEvent } from './sse.ts';

const MOST_RECORDS = 1_000;

/** The subscription `inquire` is served by subscriptions.ts. */
export const inquiry: Resolvers = {
  Query: {
    caseRecords: async (_, { case: id, first, after }, { inquiries }) => {
      if (first < 1 || first > MOST_RECORDS) {
        const message = `Ask for 1 to ${MOST_RECORDS}.`;
        throw new LotbookError('BAD_INPUT', message, { place: 'first' });
      }
      const { records, books } = await inquiries.kept(id, { after: after ?? null, first: first + 1 });
      return {
        records: records.slice(0, first).map(({ at, ...record }) => ({ ...record, receivedAt: at })),
        books: books.map(({ book, via, papers }) => ({ book, via, papers: JSON.parse(papers) as unknown })),
        hasNextPage: records.length > first,
      };
    },
  },
  Mutation: {
    setPartnerInquiries: (_, { input }, { partners }) =>
      payload(async () => ({
        partner: partnerView(await partners.setInquiries({ ...input, places: input.places ?? [] })),
      })),
  },
};

/**
 * Answers an inquiry batch by batch, as it is found; a reader that does not read holds it up.
 * @throws LotbookError before anything is written
 */
export async function streamInquiry(input: {
  context: GraphQLContext;
  res: ServerResponse;
  given: GivenInquiry;
  render: (value: unknown) => string;
}): Promise<void> {
  const { context, res, given, render } = input;
  const { caller, inquiries, people, address, signal } = context;
  const { claims, answer } = await inquiries.take(caller, given);
  const object = `${claims.case} ${claims.purpose} of ${claims.iss}`;
  await people.log.note({ who: caller.clientId, address, action: 'inquire', object, result: 'OK' });
  const gone = new AbortController();
  res.once('close', () => gone.abort());
  const ended = AbortSignal.any([signal, gone.signal]);
  eventStream(res);
  for await (const batch of answer(ended)) {
    if (ended.aborted) break;
    if (!res.write(nextEvent(render(batch)))) await drained(res, ended);
  }
  res.end(COMPLETE);
}

/** Resolves too when the reader goes away, or the node stops. */
async function drained(res: ServerResponse, signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(res, 'drain', { signal }).catch(() => undefined);
}
