import type { IncomingMessage, ServerResponse } from 'node:http';
import { getArgumentValues, getVariableValues } from 'graphql';
import type { Attendance } from '../books/attend.ts';
import type { AcrossQuery } from '../delivery/inquiry/across.ts';
import type { GivenInquiry } from '../delivery/inquiry/answer.ts';
import type { TraceQuery } from '../delivery/trace.ts';
import { LotbookError, toLotbookError } from '../errors.ts';
import { checkAccess } from './access.ts';
import type { Caller } from '../sharing/caller.ts';
import type { GraphQLContext } from './context.ts';
import { DocumentError } from './engine.ts';
import { streamInquiry } from './inquiry.ts';
import { streamPresence } from './presence.ts';
import { streamRequestState } from './request-state.ts';
import type { StreamLimits } from './stream-limit.ts';
import { streamTrace } from './trace.ts';
import { renderer, rootField, selectionKey, type AskedSubscription } from './selection.ts';

type TraceInput = Omit<TraceQuery, 'caller' | 'viewAs'> & { across?: AcrossQuery | null };

interface SubscriptionCall extends Omit<AskedSubscription, 'requestId'> {
  context: GraphQLContext;
  limits: StreamLimits;
  req: IncomingMessage;
  res: ServerResponse;
}

/**
 * Serves one subscription until either side ends it. Rejects before anything is written.
 * A feed goes to the hub of delivery/, which shares the bytes of equal selections between subscribers.
 */
export async function serveSubscription({
  context,
  limits,
  req,
  res,
  ...given
}: SubscriptionCall): Promise<void> {
  if (!(req.headers.accept ?? '').includes('text/event-stream')) {
    throw new LotbookError('BAD_INPUT', 'A subscription is answered as text/event-stream: accept that.');
  }
  const { caller, requestId, signal } = context;
  const asked: AskedSubscription = { ...given, requestId };
  const field = rootField(asked.operation).name.value;
  const args = argumentsOf(asked);
  checkAccess(caller, 'Subscription', field, args);
  const render = renderer(asked);
  if (field === 'feed') {
    await context.hub.serveFeed({
      res,
      caller,
      book: args['book'] as string,
      after: (args['after'] as string | null | undefined) ?? null,
      batch: args['batch'] as number,
      select: { key: selectionKey(asked), render },
      expiresAt: caller.expiresAt,
      signal,
    });
    return;
  }
  const stillMay = () =>
    context.authenticate(req).catch((error: unknown) => {
      if (toLotbookError(error).code === 'UNAUTHENTICATED') return null;
      throw error;
    });
  const standing = watchStanding(context, stillMay);
  const watched = { ...context, signal: standing.signal };
  await serveOther({ context: watched, limits, res, field, args, render, stillMay }).finally(standing.stop);
}

/** Whatever is no feed. */
async function serveOther(given: {
  context: GraphQLContext;
  limits: StreamLimits;
  res: ServerResponse;
  field: string;
  args: Record<string, unknown>;
  render: (value: unknown) => string;
  stillMay: () => Promise<Caller | null>;
}): Promise<void> {
  const { context, limits, res, field, args, render, stillMay } = given;
  const { caller } = context;
  if (field === 'requestState') {
    const leave = limits.requestStates.enter(caller.organisation);
    await streamRequestState({ context, res, id: args['id'] as string, render, stillMay }).finally(leave);
  } else if (field === 'trace') {
    const { input, viewAs } = args as { input: TraceInput; viewAs?: string | null };
    const leave = limits.traces.enter(caller.organisation);
    const { across, ...given } = input;
    const query = { ...given, caller, viewAs };
    await streamTrace({ context, res, args: query, across, render, stillMay }).finally(leave);
  } else if (field === 'presence') {
    const leave = limits.presences.enter(caller.organisation);
    const attendance = { ...args, editing: args['editing'] === true } as Attendance;
    await streamPresence({ context, res, attendance, render, stillMay }).finally(leave);
  } else if (field === 'inquire') {
    const leave = limits.inquiries.enter(caller.organisation);
    await streamInquiry({ context, res, given: args as unknown as GivenInquiry, render }).finally(leave);
  } else {
    throw new Error(`nothing serves the subscription ${field}`);
  }
}

/** A signal that also aborts when its caller is suspended or revoked, in whichever process of the node. */
function watchStanding(
  { bell, signal }: Pick<GraphQLContext, 'bell' | 'signal'>,
  stillMay: () => Promise<Caller | null>,
): { signal: AbortSignal; stop: () => void } {
  const gone = new AbortController();
  const look = async (): Promise<void> => {
    // Where that cannot be found out now, the stream itself asks before it says more.
    const caller = await stillMay().catch(() => undefined);
    if (caller === null) gone.abort();
  };
  const stop = bell.on('partners', () => void look());
  return { signal: AbortSignal.any([signal, gone.signal]), stop };
}

function argumentsOf({ schema, operation, variables }: AskedSubscription): Record<string, unknown> {
  const { coerced, errors } = getVariableValues(schema, operation.variableDefinitions ?? [], variables);
  if (errors) throw new DocumentError(errors);
  const node = rootField(operation);
  const definition = schema.getSubscriptionType()?.getFields()[node.name.value];
  if (!definition) throw new Error('a validated document selects fields of the contract');
  const args = getArgumentValues(definition, node, coerced);
  // `batch: null` is allowed by its type, and means its default.
  return { ...args, batch: args['batch'] ?? DEFAULT_BATCH };
}

const DEFAULT_BATCH = 64;
