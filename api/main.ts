import { type Config, readConfig } from './config.ts';
import { type Context, openContext, type Overrides } from './context.ts';
import { openListener } from './http/listener.ts';
import { partnerDoors } from './http/partner-doors.ts';
import { createServer } from './http/server.ts';
import { tokenEndpoint } from './http/token-endpoint.ts';
import { nodeDocument, wellKnown } from './http/well-known.ts';
import { createGraphqlHandler } from './graphql/handler.ts';
import { openServices } from './services.ts';
import { signNode } from './partners/statements.ts';

export interface RunningNode {
  /** The public base URL. */
  url: string;
  /** Where it listens on this machine. */
  localUrl: string;
  context: Context;
  /** Drains and closes everything. Idempotent. */
  close(): Promise<void>;
}

/** Starts a node and resolves when it serves. */
export async function startNode(
  config: Config = readConfig(),
  overrides: Overrides = {},
): Promise<RunningNode> {
  const listener = await openListener(config);
  const shut = (): Promise<void> =>
    new Promise((resolve) => {
      listener.server.close(() => resolve());
      listener.server.closeAllConnections();
    });
  const context = await openContext(config, listener.port, overrides).catch(async (error: unknown) => {
    await shut();
    throw error;
  });
  const { home, node, now, database, authenticator, partners, metrics, log, randomId } = context;
  const stopping = new AbortController();
  const services = openServices(context, stopping.signal);
  const http = createServer({
    listener,
    config: context.config,
    authenticator,
    metrics,
    log,
    randomId,
    graphqlHandler: createGraphqlHandler(services.graphql),
    isReady: async () => {
      await database.pool.query('SELECT 1');
      return undefined;
    },
  });
  const statement = await signNode(node, home.signer, now());
  const { publicJwk } = home;
  const { protocol, version, url } = node;
  http.mount(
    '/',
    wellKnown(nodeDocument({ self: node, publicJwk, protocol, version, statement }), publicJwk),
  );
  http.mount('/', tokenEndpoint({ url, prisma: database.prisma, authenticator, now }));
  http.mount('/', partnerDoors({ partners, now }));
  http.draining.addEventListener('abort', () => stopping.abort());
  http.serve();
  await services.start();
  log.info(
    { organisation: node.organisation, url, host: config.host, port: listener.port },
    'the node serves',
  );

  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    await http.close();
    await context.close();
    log.info('the node has stopped');
  };
  const host = config.host.includes(':') ? '[::1]' : '127.0.0.1';
  return { url, localUrl: `http://${host}:${listener.port}`, context, close: () => (closing ??= close()) };
}

/**
 * Runs a node until SIGTERM or SIGINT, then drains it. A second signal ends it at once. What nobody caught ends the
 * process with 1: a supervisor starts a sound one.
 *
 * @returns the exit code
 */
export async function runNode(config: Config): Promise<number> {
  const node = await startNode(config);
  const { log, failed } = node.context;
  return new Promise<number>((resolve) => {
    const stop = (code: number) => {
      node.close().then(
        () => resolve(code),
        () => resolve(1),
      );
    };
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      process.once(signal, () => {
        log.info({ signal }, 'the node is stopping');
        process.once(signal, () => process.exit(1));
        stop(0);
      });
    }
    const fatal = (what: string) => (error: unknown) => {
      log.fatal({ kind: error instanceof Error ? error.name : typeof error, stack: framesOf(error) }, what);
      process.exit(1);
    };
    process.on('unhandledRejection', fatal('a rejection was not handled'));
    process.on('uncaughtException', fatal('an exception was not caught'));
    void failed.then((error) => {
      log.fatal({ reason: error.message }, 'the database was lost');
      stop(1);
    });
  });
}

/** Where it happened, without the text, which may hold values. */
function framesOf(error: unknown): string[] {
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  return stack
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .slice(0, 12);
}
