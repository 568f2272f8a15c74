import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ExecutionResult, GraphQLSchema } from 'graphql';
import { LotbookError } from '../errors.ts';
import { answerError, answerResult, resultText } from './answer.ts';
import { readParams } from './body.ts';
import { costOf } from './cost.ts';
import type { GraphQLContext, Services } from './context.ts';
import { DocumentError, isSubscription, openEngine, type Engine } from './engine.ts';
import { causeOf } from './errors.ts';
import { noteRefusal } from './noted.ts';
import { documentOf, readOperations, type PersistedOperations } from './persisted.ts';
import { readBody } from './read-body.ts';
import { executableSchema } from './schema.ts';
import { rootField } from './selection.ts';
import { COMPLETE, eventStream, isEventStream, nextEvent } from './sse.ts';
import { openStreamLimit, type StreamLimits } from './stream-limit.ts';
import { serveSubscription } from './subscriptions.ts';

const MAX_REQUEST_STATES_PER_ORGANISATION = 2_000;
/** A trace works all the time that it is read. */
const MAX_TRACES_PER_ORGANISATION = 8;
/** Each may wait for those behind. */
/** A stream for each window in which a book is open. */
const MAX_PRESENCES_PER_ORGANISATION = 500;
const MAX_INQUIRIES_PER_ORGANISATION = 16;
/** What costs as much more counts as one call more. */
const COST_OF_A_CALL = 1_000;

/**
 * The GraphQL endpoint: graphql-yoga's engine behind a front on node:http. POST only (GraphQL over HTTP, section 6); an
 * answer as `text/event-stream` where only that is accepted, which subscriptions need (graphql-sse, distinct connections
 * mode).
 *
 * Steps: who calls -> body -> parameters -> document -> cost -> operation -> answer. Without a valid access token none but the
 * first is taken.
 */
export function createGraphqlHandler(
  services: Services,
  {
    maxRequestStates = MAX_REQUEST_STATES_PER_ORGANISATION,
    maxTraces = MAX_TRACES_PER_ORGANISATION,
    operations = readOperations(),
  } = {},
): (req: IncomingMessage, res: ServerResponse) => void {
  const schema = executableSchema();
  const engine = openEngine(schema);
  const limits = {
    requestStates: openStreamLimit(maxRequestStates, 'follows as many requests'),
    traces: openStreamLimit(maxTraces, 'traces as much at once'),
    inquiries: openStreamLimit(MAX_INQUIRIES_PER_ORGANISATION, 'makes as many inquiries'),
    presences: openStreamLimit(MAX_PRESENCES_PER_ORGANISATION, 'has as many books open'),
  };
  return (req, res) => {
    const given = res.getHeader('x-request-id');
    const requestId = typeof given === 'string' ? given : services.randomId();
    serve({ services, schema, engine, operations, limits, requestId, req, res }).catch((error: unknown) => {
      report(services, requestId, error);
      answerError(res, error, requestId, error instanceof MethodError ? 405 : undefined);
    });
  };
}

interface Call {
  services: Services;
  schema: GraphQLSchema;
  engine: Engine;
  operations: PersistedOperations;
  /** How many streams of each kind an organisation has open. */
  limits: StreamLimits;
  requestId: string;
  req: IncomingMessage;
  res: ServerResponse;
}

class MethodError extends LotbookError {}

async function serve({
  services,
  schema,
  engine,
  operations,
  limits,
  requestId,
  req,
  res,
}: Call): Promise<void> {
  const address = services.addressOf(req);
  const caller = await services.authenticate(req).catch((error: unknown) => {
    noteRefusal(services, { who: null, address, action: 'POST /graphql' }, error);
    throw error;
  });
  if (req.method !== 'POST') {
    res.setHeader('allow', 'POST');
    throw new MethodError('BAD_INPUT', 'Send a POST request.');
  }
  const params = readParams(await readBody(req, services.config.maxBodyBytes));
  const known = { operations, only: services.config.sessionDocuments === 'admin' };
  const { document, operation } = engine.read(documentOf(params, caller, known), params.operationName);
  const { variables } = params;
  const cost = costOf({ schema, document, operation, variables });
  await services.callLimit.take(caller, 1 + Math.floor(cost.requested / COST_OF_A_CALL));
  const context: GraphQLContext = { ...services, caller, requestId, address };
  if (isSubscription(operation)) {
    const action = rootField(operation).name.value;
    await serveSubscription({ schema, document, operation, variables, context, limits, req, res }).catch(
      (error: unknown) => {
        noteRefusal(services, { who: caller.clientId, address, action }, error);
        throw error;
      },
    );
    return;
  }
  const result = await engine.execute({
    schema,
    document,
    operationName: params.operationName,
    variableValues: variables,
    contextValue: context,
  });
  reportAll(services, requestId, result);
  if (!isEventStream(req)) return answerResult(res, result, { requestId, cost });
  eventStream(res);
  res.end(nextEvent(resultText(result, requestId)) + COMPLETE);
}

function reportAll(services: Services, requestId: string, { errors }: ExecutionResult): void {
  for (const error of errors ?? []) report(services, requestId, error.originalError ?? error);
}

/** Only what went wrong in this node is logged: callers' mistakes are theirs, and their texts may hold values. */
function report({ log }: Services, requestId: string, error: unknown): void {
  if (error instanceof LotbookError || error instanceof DocumentError) return;
  if (error instanceof Error && error.name === 'GraphQLError' && causeOf(error as never).code !== 'INTERNAL')
    return;
  log.error({ err: error, requestId }, 'a GraphQL call failed');
}
