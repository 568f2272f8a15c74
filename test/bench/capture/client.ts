import { requestsOf, sendAll, type Sent } from '../support/http-client.ts';
import { serveCalls } from '../support/worker.ts';
import { newDocuments } from './documents.ts';

export interface CaptureLoad {
  port: number;
  token: string;
  clients: number;
  from: number;
  documents: number;
  eventsEach: number;
}

let ready: { load: CaptureLoad; requests: Buffer[] } | null = null;

serveCalls({
  prepare: (load: CaptureLoad) => {
    const bodies = newDocuments(load.from, load.documents, load.eventsEach);
    ready = { load, requests: requestsOf({ ...load, path: '/epcis/capture', bodies, status: 202 }) };
  },
  send: (): Promise<Sent> => {
    if (!ready) throw new Error('prepare first');
    return sendAll({ port: ready.load.port, status: 202 }, ready.requests, ready.load.clients);
  },
});
