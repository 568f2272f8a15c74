import { randomUUID } from 'node:crypto';
import type { Config } from '../config.ts';
import { LotbookError } from '../errors.ts';
import type { Signer } from '../identity/signer.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../identity/strict-json.ts';
import { externalSigner } from '../peers/external-signer.ts';
import { sendAnywhere } from '../peers/outbound.ts';
import { openPeers, type Peers } from '../peers/peer.ts';
import { type Home, openHome } from '../store/home.ts';
import { CommandError } from './output.ts';

export interface OwnNode {
  organisation: string;
  /** Where it is reached from this machine. */
  localUrl: string;
  /** The data of a query. */
  query(document: string, variables?: Record<string, unknown>): Promise<JsonObject>;
  /** The data of a subscription, value by value, until the node completes it. */
  subscribe(document: string, variables: Record<string, unknown>): AsyncGenerator<JsonObject, void>;
  /** The payload of the one mutation in a document; its `error` is thrown. */
  mutate(document: string, variables?: Record<string, unknown>, timeoutMs?: number): Promise<JsonObject>;
}

const TIMEOUT_MS = 30_000;

/** The node of this directory does not answer on this machine. */
export class NotRunningError extends CommandError {
  constructor(localUrl: string) {
    super(
      `The node does not answer at ${localUrl}.`,
      'Start it with `lotbook start`, or set LOTBOOK_PORT, or --port, to its port.',
    );
  }
}

/**
 * The running node of this directory, called over GraphQL with its own key: whoever can read the key file operates the
 * node. It is called on this machine; its public address may lead through a proxy that is elsewhere.
 */
export async function connectOwnNode(config: Config): Promise<OwnNode> {
  const localUrl = localUrlOf(config);
  const first = await openHome(config, externalSigner);
  const open = async (home: Home): Promise<{ kid: string; peers: Peers }> => {
    const signer = await signerOf(home, localUrl);
    const peers = openPeers({
      self: home,
      signer,
      now: Date.now,
      randomId: () => randomUUID(),
      report: () => undefined,
      send: sendAnywhere,
      lookUp: async () => ({ url: localUrl, audience: await audienceOf(localUrl, home.organisation) }),
    });
    return { kid: signer.kid, peers };
  };
  let opened = await open(first);
  /** Whether the node has changed its key since; then it is called with the new one. */
  const hasChanged = async (): Promise<boolean> => {
    const { kid } = opened;
    opened = await open(await openHome(config, externalSigner));
    return opened.kid !== kid;
  };
  const explained = (error: unknown): unknown => {
    const isDown = error instanceof LotbookError && error.code === 'UNREACHABLE';
    return isDown ? new NotRunningError(localUrl) : error;
  };
  const call = async (document: string, variables = {}, timeoutMs = TIMEOUT_MS): Promise<JsonObject> => {
    const ask = () => opened.peers.call(first.organisation, document, variables, { timeoutMs });
    try {
      return await ask().catch(async (error: unknown) => {
        const isRefused = error instanceof LotbookError && error.code === 'NOT_PERMITTED';
        if (isRefused && (await hasChanged())) return ask();
        throw error;
      });
    } catch (error) {
      throw explained(error);
    }
  };
  return {
    organisation: first.organisation,
    localUrl,
    query: (document, variables) => call(document, variables),
    subscribe: async function* (document, variables) {
      const { signal } = new AbortController();
      try {
        yield* opened.peers.subscribe(first.organisation, document, variables, { signal });
      } catch (error) {
        throw explained(error);
      }
    },
    mutate: async (document, variables, timeoutMs) => {
      const [payload] = Object.values(await call(document, variables, timeoutMs));
      const result = isJsonObject(payload) ? payload : {};
      if (isJsonObject(result['error'])) throw commandErrorOf(result['error']);
      return result;
    },
  };
}

/** What its tokens are addressed to is what the node says of itself, here where nobody is between. */
export async function audienceOf(localUrl: string, organisation: string): Promise<string> {
  const response = await fetch(`${localUrl}/.well-known/lotbook`, { redirect: 'error' }).catch(
    () => undefined,
  );
  if (!response?.ok) throw new NotRunningError(localUrl);
  const document = (await response.json()) as { organisation?: unknown; url?: unknown };
  if (document.organisation !== organisation || typeof document.url !== 'string') {
    throw new CommandError(
      `At ${localUrl} another node runs, not that of ${organisation}.`,
      'Set LOTBOOK_PORT, or --port, to the port of this node.',
    );
  }
  return document.url;
}

/** The key that the node at this address says is in force, where it is here; else the ordinary one. */
export async function signerOf({ keys, signer }: Home, localUrl: string): Promise<Signer> {
  const response = await fetch(`${localUrl}/.well-known/lotbook`, { redirect: 'error' }).catch(
    () => undefined,
  );
  const document = (await response?.json().catch(() => undefined)) as { kid?: unknown } | undefined;
  const found = typeof document?.kid === 'string' ? await keys.find(document.kid) : undefined;
  return found?.signer ?? signer;
}

export function localUrlOf({ host, port }: Config): string {
  const isWildcard = host === '0.0.0.0' || host === '::';
  const name = isWildcard ? '127.0.0.1' : host;
  return `http://${name.includes(':') ? `[${name}]` : name}:${port}`;
}

function commandErrorOf({ message, duty }: Record<string, JsonValue>): CommandError {
  return new CommandError(String(message), String(duty));
}
