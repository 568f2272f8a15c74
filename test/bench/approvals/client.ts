import { requestsOf, sendAll, sendPaced, type Sent } from '../support/http-client.ts';
import { serveCalls } from '../support/worker.ts';
import { callsFor, newLots } from './lots.ts';

export interface ApprovalLoad {
  port: number;
  token: string;
  changes: number;
  perCall: number;
  clients: number;
}

let ready: { load: ApprovalLoad; requests: Buffer[] } | null = null;

const expected = { status: 200, not: '"error":{' };

serveCalls({
  prepare: (load: ApprovalLoad) => {
    const bodies = callsFor(newLots(load.changes), load.perCall);
    ready = { load, requests: requestsOf({ ...load, path: '/graphql', bodies, status: 200 }) };
  },
  send: (): Promise<Sent> => {
    const { load, requests } = prepared();
    return sendAll({ port: load.port, ...expected }, requests, load.clients);
  },
  sendPaced: (perSecond: number): Promise<void> => {
    const { load, requests } = prepared();
    return sendPaced({ port: load.port, ...expected }, requests, perSecond);
  },
});

function prepared(): NonNullable<typeof ready> {
  if (!ready) throw new Error('prepare first');
  return ready;
}
