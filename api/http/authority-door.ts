import { json, Router } from 'express';
import { LotbookError } from '../errors.ts';
import { callerFrom } from './access.ts';

/** Frames of a book's log travel in it. */
const MAX_BYTES = '32mb';

/** Answers an envelope of another node; see replication/. */
type Receive = (from: string, body: unknown) => Promise<unknown>;

/** POST /authority: what members and registrar of a book's authority say to one another. For nodes only, with their own key. */
export function authorityDoor(receive: Receive): Router {
  const router = Router();
  router.post('/authority', json({ limit: MAX_BYTES }), (req, res, next) => {
    const { organisation, clientId, own } = callerFrom(res);
    if (own || clientId !== organisation) {
      next(new LotbookError('NOT_PERMITTED', 'This is for the nodes of other organisations.'));
      return;
    }
    receive(organisation, req.body).then((answer) => res.json(answer), next);
  });
  return router;
}
