import { type Config, readConfig } from './config.ts';
import { type Context, openContext, type Overrides } from './context.ts';
import { describeError } from './errors.ts';
import { admin } from './http/admin.ts';
import { answerDoors } from './http/answers.ts';
import { authorityDoor } from './http/authority-door.ts';
import { digitalLink } from './http/digital-link/doors.ts';
import { epcisRouter } from './http/epcis/router.ts';
import { exportDoor } from './http/exports.ts';
import { type Listener, openListener } from './http/listener.ts';
import { openNoteCall } from './http/note-call.ts';
import { partnerDoors } from './http/partner-doors.ts';
import { peopleDoors } from './http/people/doors.ts';
import { createServer, type HttpServer } from './http/server.ts';
import { tokenEndpoint } from './http/token-endpoint.ts';
import { wellKnown } from './http/well-known.ts';
import { createGraphqlHandler } from './graphql/handler.ts';
import { openServices } from './services.ts';

export interface RunningNode {
  /** The public base URL. */
  url: string;
  /** Where it listens on this machine. */
  localUrl: string;
  context: Context;
  /** Drains and closes everything. Idempotent. */
  close(): Promise<void>;
}

/** Starts a node and resolves when it serves. What was opened is closed again when something on the way fails. */
export async function startNode(
  config: Config = readConfig(),
  overrides: Overrides = {},
): Promise<RunningNode> {
  const listener = await openListener(config);
  const opened: (() => Promise<void>)[] = [() => shut(listener)];
  try {
    const context = await openContext(config, listener.port, overrides);
    opened.unshift(() => context.close());
    const http = await openDoors(context, listener);
    const { node, log } = context;
    log.info(
      { organisation: node.organisation, url: node.url, host: config.host, port: listener.port },
      'the node serves',
    );
    let closing: Promise<void> | undefined;
    const close = async (): Promise<void> => {
      await http.close();
      await context.close();
      log.info('the node has stopped');
    };
    const host = config.host.includes(':') ? '[::1]' : '127.0.0.1';
    const localUrl = `http://${host}:${listener.port}`;
    return { url: node.url, localUrl, context, close: () => (closing ??= close()) };
  } catch (error) {
    for (const undo of opened) await undo().catch(() => undefined);
    throw error;
  }
}

async function openDoors(context: Context, listener: Listener): Promise<HttpServer> {
  const {
    keys,
    keyLogs,
    node,
    now,
    database,
    authenticator,
    recognise,
    callLimit,
    partners,
    people,
    metrics,
    log,
    randomId,
    config,
  } = context;
  const { protocol, version, url } = node;
  const stopping = new AbortController();
  const services = openServices(context, stopping.signal);
  const noteCall = openNoteCall(people.log, config.proxies);
  const http = createServer({
    listener,
    config,
    recognise,
    callLimit,
    metrics,
    log,
    randomId,
    noteCall,
    graphqlHandler: createGraphqlHandler(services.graphql),
    isReady: async () => {
      await database.pool.query('SELECT 1');
      return undefined;
    },
  });
  http.mount('/epcis', epcisRouter(services.epcis));
  http.draining.addEventListener('abort', () => stopping.abort());
  http.mount('/', wellKnown({ self: node, keys, protocol, version, now }));
  http.mount('/', tokenEndpoint({ url, prisma: database.prisma, keyLogs, authenticator, now, noteCall }));
  http.mount('/', partnerDoors({ partners, now }));
  const { proxies } = config;
  http.mount(
    '/',
    peopleDoors({ people, organisation: { id: node.organisation, name: node.name }, url, proxies, now }),
  );
  http.mount(
    '/',
    answerDoors({ cases: services.cases, accessLog: people.log, organisation: node, url, proxies, now }),
  );
  http.mount('/', digitalLink({ reading: services.graphql.reading, organisation: node, url, proxies, now }));
  http.mount('/', admin(context.randomId));
  http.mount('/', exportDoor(services.exports, noteCall));
  http.mount(
    '/',
    authorityDoor((from, body) => services.replication.receive(from, body)),
  );
  http.serve();
  await services.start();
  return http;
}

function shut({ server }: Listener): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

/** A node that is to stop while it starts has so long to come to an orderly end. */
const LONGEST_START_MS = 5_000;

/**
 * Runs a node until SIGTERM or SIGINT, then drains it. A second signal ends it at once. What nobody caught ends the
 * process with 1: a supervisor starts a sound one.
 *
 * @returns the exit code
 */
export async function runNode(
  config: Config,
  onReady?: (node: RunningNode) => Promise<void>,
  overrides: Overrides = {},
): Promise<number> {
  let isStarted = false;
  // It answers before all of it has started: a signal at that moment is heard too, and does not wait for a start that hangs.
  const signalled = new Promise<NodeJS.Signals>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      process.once(signal, () => {
        process.once(signal, () => process.exit(1));
        setTimeout(() => isStarted || process.exit(1), LONGEST_START_MS).unref();
        resolve(signal);
      });
    }
  });
  const node = await startNode(config, overrides);
  isStarted = true;
  const { log, failed } = node.context;
  return new Promise<number>((resolve) => {
    const stop = (code: number) => {
      node.close().then(
        () => resolve(code),
        () => resolve(1),
      );
    };
    void signalled.then((signal) => {
      log.info({ signal }, 'the node is stopping');
      stop(0);
    });
    const fatal = (what: string) => (error: unknown) => {
      log.fatal(describeError(error), what);
      process.exit(1);
    };
    // A signal is heard already: what is said to people keeps no node from stopping.
    onReady?.(node).catch((error: unknown) => log.warn(describeError(error), 'people could not be greeted'));
    process.on('unhandledRejection', fatal('a rejection was not handled'));
    process.on('uncaughtException', fatal('an exception was not caught'));
    void failed.then((error) => {
      log.fatal({ reason: error.message }, 'the database was lost');
      stop(1);
    });
  });
}
