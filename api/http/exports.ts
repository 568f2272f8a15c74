import { type Response, Router } from 'express';
import { LotbookError } from '../errors.ts';
import type { Exports } from '../exports/exports.ts';
import type { Caller } from '../sharing/caller.ts';
import { callerFrom } from './access.ts';
import type { NoteCall } from './note-call.ts';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** GET /exports/<id>: a file that is made. Parts of it can be asked for (RFC 9110, section 14). */
export function exportDoor(exports: Pick<Exports, 'file'>, note: NoteCall): Router {
  return Router().get('/exports/:id', (req, res, next) => {
    const { id } = req.params;
    send(exports, callerFrom(res), id, res)
      .then(() => note(req, callerFrom(res), 'OK', id))
      .catch(next);
  });
}

async function send(
  exports: Pick<Exports, 'file'>,
  caller: Caller,
  id: string,
  res: Response,
): Promise<void> {
  if (!UUID.test(id)) throw new LotbookError('NOT_FOUND', 'There is no such export.');
  const { path, name, type } = await exports.file(caller, id);
  const headers = { 'Cache-Control': 'no-store', 'Content-Type': type };
  await new Promise<void>((resolve, reject) => {
    res.download(path, name, { dotfiles: 'allow', cacheControl: false, headers }, (error?: Error) => {
      // Once it has begun there is nobody to tell: the connection is cut.
      if (!error || res.headersSent) resolve();
      else reject('code' in error && error.code === 'ENOENT' ? elsewhere() : error);
    });
  });
}

function elsewhere(): LotbookError {
  return new LotbookError(
    'NOT_FOUND',
    'The file is not here: another process of the node made it, in another directory.',
  );
}
