import express, { type ErrorRequestHandler, type Router } from 'express';
import helmet from 'helmet';
import type { Logger } from 'pino';
import { describeError, LotbookError, type ErrorCode } from '../errors.ts';
import type { Caller } from '../sharing/caller.ts';
import { doorOf, guard } from './access.ts';
import type { CallLimit } from './call-limit.ts';
import { openDrain } from './drain.ts';
import type { Handler, Listener } from './listener.ts';
import type { Metrics } from './metrics.ts';
import { isGraphql, observe } from './observe.ts';
import type { NoteCall } from './note-call.ts';
import { operations, type Readiness } from './operations.ts';
import { sendProblem, toProblem } from './problem.ts';
import type { Recognise } from './recognise.ts';

export interface HttpServer {
  /** Adds the handlers below a path that the table of doors has. The path is constant text: it is a metric's label. */
  mount(path: string, router: Router): void;
  /** Aborted when the node begins to stop. */
  readonly draining: AbortSignal;
  /** Starts to answer. Mount everything before. */
  serve(): void;
  close(): Promise<void>;
}

interface ServerInput {
  listener: Listener;
  config: { drainMs: number; metrics: 'callers' | 'loopback' | 'nobody' };
  /** Answers `/graphql` and what is below it, past Express: it costs more than the query. */
  graphqlHandler: Handler;
  recognise: Recognise;
  callLimit: CallLimit;
  isReady: Readiness;
  log: Logger;
  metrics: Metrics;
  randomId: () => string;
  /** Told what an endpoint refused. */
  noteCall: NoteCall;
}

const QUIET: ReadonlySet<ErrorCode> = new Set([
  'TOO_BUSY',
  'SHUTTING_DOWN',
  'IN_USE',
  'UNABLE',
  'UNREACHABLE',
]);
const STOPPING = new LotbookError('SHUTTING_DOWN', 'The node is stopping.', { retryAfterMs: 5000 });

/** The HTTP server of a node: request id and log, drain, then GraphQL or the Express app behind its table of doors. */
export function createServer(input: ServerInput): HttpServer {
  const { listener, config, log, metrics, randomId } = input;
  const drain = openDrain(listener.server);
  const isReady: Readiness = async () => (drain.signal.aborted ? 'stopping' : input.isReady());
  const app = express();
  app.disable('x-powered-by');
  app.set('trust proxy', false);
  app.set('query parser', 'simple');
  app.use(securityHeaders());
  app.use(guard({ recognise: input.recognise, callLimit: input.callLimit, metrics: config.metrics }));
  app.use(operations({ isReady, registry: metrics.registry }));

  const requestIds = new WeakMap<object, string>();
  const onError: ErrorRequestHandler = (error: unknown, req, res, _next) => {
    const requestId = requestIds.get(req) ?? '';
    const problem = toProblem(error);
    if (problem.code === 'UNAUTHENTICATED' || problem.code === 'NOT_PERMITTED')
      input.noteCall(req, res.locals['caller'] as Caller | undefined, problem.code);
    if (problem.status >= 500 && !QUIET.has(problem.code))
      log.error({ requestId, ...describeError(error) }, 'request failed');
    sendProblem(res, problem, requestId);
  };

  return {
    mount: (path, router) => {
      const below =
        path === '/' ||
        [path, `${path}/x`].some((at) => ['GET', 'POST'].some((method) => doorOf(method, at)));
      if (!below) throw new Error(`no door in api/http/access.ts leads to ${path}`);
      app.use(path, router);
    },
    draining: drain.signal,
    serve: () => {
      app.use(() => {
        throw new LotbookError('NOT_FOUND', 'There is nothing at this path.');
      });
      app.use(onError);
      listener.handle((req, res) => {
        const requestId = observe(req, res, { log, metrics, randomId });
        requestIds.set(req, requestId);
        drain.track(res);
        if (drain.signal.aborted && !isHealthCheck(req.url)) return sendProblem(res, STOPPING, requestId);
        if (isGraphql(req)) input.graphqlHandler(req, res);
        else app(req, res);
      });
    },
    close: async () => {
      const cut = await drain.close(config.drainMs);
      if (cut > 0) log.warn({ cut }, 'requests were cut off: they took longer than LOTBOOK_DRAIN_MS');
    },
  };
}

/** Nothing here is made for browsers, but the admin; nothing is loaded from elsewhere, nothing is framed. */
function securityHeaders(): express.RequestHandler {
  return helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'"],
        imgSrc: ["'self'", 'data:'],
        connectSrc: ["'self'"],
        fontSrc: ["'self'"],
        formAction: ["'self'"],
        baseUri: ["'none'"],
        frameAncestors: ["'none'"],
        // Over plain HTTP off localhost browsers would turn every request to HTTPS.
        upgradeInsecureRequests: null,
      },
    },
    xFrameOptions: { action: 'deny' },
  });
}

function isHealthCheck(url = ''): boolean {
  return /^\/(healthz|readyz)($|\?)/.test(url);
}
