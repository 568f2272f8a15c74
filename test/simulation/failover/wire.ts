import { connect, createServer, type Socket } from 'node:net';

/** Who calls (an organisation) and who is called. */
export type Line = readonly [from: string, to: string];

/** `silent`: nothing arrives any more, and nobody is told; `reset`: every connection ends at once. */
export type Cut = 'silent' | 'reset';

/**
 * The network between nodes: each is reached by the others through a proxy, which can cut the line from one caller to one node.
 * The nodes know nothing of it: their public address is that of their proxy.
 */
export interface Wire {
  /** Opens the way to a node that listens, or will listen, on a port. Callers of it are told apart by what they say first. */
  open(organisation: string, ports: { public: number; own: number }): Promise<void>;
  cut(lines: readonly Line[], how: Cut): void;
  mend(): void;
  close(): Promise<void>;
}

interface Call {
  from: string;
  to: string;
  caller: Socket;
  node: Socket;
}

export function openWire(): Wire {
  const servers: ReturnType<typeof createServer>[] = [];
  const calls = new Set<Call>();
  const cuts = new Map<string, Cut>();
  const cutOf = ({ from, to }: Call): Cut | undefined => cuts.get(`${from} ${to}`);

  const apply = (call: Call): void => {
    const cut = cutOf(call);
    if (cut === 'reset') end(call);
    for (const socket of [call.caller, call.node]) {
      if (cut) socket.pause();
      else socket.resume();
    }
  };
  const end = (call: Call): void => {
    if (!calls.delete(call)) return;
    call.caller.resetAndDestroy();
    call.node.resetAndDestroy();
  };
  const begin = async (caller: Socket, to: string, port: number): Promise<void> => {
    caller.on('error', () => undefined);
    const { from, said } = await firstWords(caller);
    const node = connect({ port, host: '127.0.0.1' });
    const call = { from, to, caller, node };
    calls.add(call);
    for (const [one, other] of [
      [caller, node],
      [node, caller],
    ] as const) {
      one.on('error', () => end(call));
      one.on('end', () => cutOf(call) ?? other.end());
      one.on('close', (hadError) => (hadError ? end(call) : calls.delete(call)));
      one.on('data', (bytes) => {
        if (other.write(bytes)) return;
        one.pause();
        other.once('drain', () => cutOf(call) ?? one.resume());
      });
    }
    apply(call);
    if (said.length > 0) node.write(said);
  };

  return {
    open: async (to, { public: port, own }) => {
      const server = createServer({ noDelay: true }, (caller) => void begin(caller, to, own));
      servers.push(server);
      await new Promise<void>((resolve) => void server.listen({ port, host: '127.0.0.1' }, resolve));
    },
    cut: (lines, how) => {
      for (const [from, to] of lines) cuts.set(`${from} ${to}`, how);
      for (const call of calls) apply(call);
    },
    mend: () => {
      cuts.clear();
      for (const call of calls) apply(call);
    },
    close: async () => {
      for (const call of calls) end(call);
      await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
    },
  };
}

const MOST_WORDS = 64 * 1024;

/** Reads until a caller has said who it is: by its token, its assertion or its statement. Empty: by none of them. */
async function firstWords(caller: Socket): Promise<{ from: string; said: Buffer }> {
  const chunks: Buffer[] = [];
  return new Promise((resolve) => {
    const look = (): void => {
      const said = Buffer.concat(chunks);
      const from = callerIn(said.toString('latin1'));
      if (from === undefined && said.length < MOST_WORDS) return;
      settle(from ?? '', said);
    };
    const hear = (bytes: Buffer): void => {
      chunks.push(bytes);
      look();
    };
    const leave = (): void => settle('', Buffer.concat(chunks));
    const settle = (from: string, said: Buffer): void => {
      caller.pause();
      caller.off('data', hear).off('close', leave);
      resolve({ from, said });
    };
    caller.on('data', hear).on('close', leave);
  });
}

/** The organisation that sends a request; empty where it does not say; undefined while it may still do. */
function callerIn(text: string): string | undefined {
  const [, payload] = /eyJ[\w-]+\.(eyJ[\w-]+)\./.exec(text) ?? [];
  if (payload === undefined) return /^GET [\s\S]*\r\n\r\n/.test(text) ? '' : undefined;
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>;
  return String(claims['client_id'] ?? claims['iss']);
}
