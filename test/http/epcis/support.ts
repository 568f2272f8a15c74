import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import express, { type ErrorRequestHandler } from 'express';
import { openReading } from '../../../api/delivery/reading.ts';
import { epcisRouter } from '../../../api/http/epcis/router.ts';
import { sendProblem, toProblem } from '../../../api/http/problem.ts';
import type { Caller } from '../../../api/sharing/caller.ts';
import { openAuthority, ownCaller, partnerCaller, type TestAuthority } from '../../support/approval.ts';

export const OWNER = 'packer.example';
export const CONTEXT = 'https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld';
export const callers = {
  admin: ownCaller(OWNER, 'ADMINISTRATOR'),
  editor: ownCaller(OWNER, 'EDITOR'),
  viewer: ownCaller(OWNER, 'VIEWER'),
  partner: partnerCaller('retailer.example'),
} satisfies Record<string, Caller>;

interface Answer {
  status: number;
  headers: Headers;
  json: Record<string, unknown>;
}

/** As whom, what; the body as it is if it is a text, else as JSON. */
export type Send = (
  as: string,
  method: string,
  path: string,
  body?: unknown,
  headers?: object,
) => Promise<Answer>;

export interface TestEpcis {
  authority: TestAuthority;
  send: Send;
  close(): Promise<void>;
}

/** The EPCIS interface of a node without books, on a port of its own; the header x-caller says who calls. */
export async function openEpcis(): Promise<TestEpcis> {
  const authority = await openAuthority(OWNER);
  const { approval, db, grants, clock } = authority;
  const reading = openReading({ db, grants, clock: () => clock.now, organisation: OWNER });
  const router = epcisRouter({
    approval,
    reading,
    db,
    clock: () => clock.now,
    randomId: randomUUID,
    config: { maxBodyBytes: 1_000_000 },
  });
  const onError: ErrorRequestHandler = (error, _req, res, _next) =>
    sendProblem(res, toProblem(error), 'request-1');
  const app = express()
    .use((req, res, next) => {
      res.locals['caller'] = (callers as Record<string, Caller>)[req.get('x-caller') ?? ''];
      next();
    })
    .use('/epcis', router)
    .use(onError);
  const server = createServer(app);
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    authority,
    send: async (as, method, path, body, more) => {
      const res = await fetch(base + path, {
        method,
        headers: { 'x-caller': as, 'content-type': 'application/ld+json', ...more },
        ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      });
      const text = await res.text();
      const isJson = /json/.test(res.headers.get('content-type') ?? '');
      const json = (isJson ? JSON.parse(text) : null) as Answer['json'];
      return { status: res.status, headers: res.headers, json };
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => void server.close(resolve));
      await authority.close();
    },
  };
}

/** An event with the eventID of a number. */
export function event(number: string, more: object = {}): object {
  return {
    type: 'ObjectEvent',
    eventID: eventId(number),
    eventTime: '2026-06-01T10:00:00.000Z',
    eventTimeZoneOffset: '+02:00',
    action: 'OBSERVE',
    bizStep: 'shipping',
    epcList: ['https://id.gs1.org/01/09521234543213/21/400'],
    ...more,
  };
}

export function eventId(number: string): string {
  return `urn:uuid:00000000-0000-4000-8000-${number.padStart(12, '0')}`;
}

export const documentOf = (...eventList: object[]) => ({
  '@context': [CONTEXT],
  type: 'EPCISDocument',
  schemaVersion: '2.0',
  creationDate: '2026-06-02T00:00:00.000Z',
  epcisBody: { eventList },
});
