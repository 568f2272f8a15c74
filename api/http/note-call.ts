import type { Request } from 'express';
import type { AccessLog } from '../people/access-log.ts';
import type { Caller } from '../sharing/caller.ts';
import { doorOf } from './access.ts';
import { addressOf } from './address.ts';

/** Tells the access log of a call of an endpoint. @param caller undefined where nobody was recognised */
export type NoteCall = (
  req: Request,
  caller: Caller | undefined,
  result: string,
  object?: string | null,
) => void;

/** Endpoints are named as the table of doors has them: a path may hold the id of a record. */
export function openNoteCall(log: Pick<AccessLog, 'noteLater'>, proxies: number): NoteCall {
  return (req, caller, result, object = null) => {
    const action = `${req.method} ${doorOf(req.method, req.path)?.path ?? 'elsewhere'}`;
    const who = caller?.clientId ?? null;
    log.noteLater({ who, address: addressOf(req, proxies), action, object, result });
  };
}
