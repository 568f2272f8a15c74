import { Router, text } from 'express';
import { LotbookError } from '../errors.ts';
import type { Partners } from '../partners/partners.ts';
import { limitRate } from './rate-limit.ts';

const ACCEPTANCES_A_MINUTE = 20;

/** Where other nodes bring acceptances of invitations (`trace-acceptance+jwt`), and what a browser shows for a link. */
export function partnerDoors(input: { partners: Partners; now: () => number }): Router {
  const { partners, now } = input;
  return Router()
    .post(
      '/partners/acceptances',
      limitRate({ most: ACCEPTANCES_A_MINUTE, windowMs: 60_000, now }),
      text({ type: 'application/jose', limit: '16kb' }),
      (req, res, next) => {
        const statement: unknown = req.body;
        if (typeof statement !== 'string') {
          throw new LotbookError('BAD_INPUT', 'Send the acceptance as application/jose.');
        }
        partners.receiveAcceptance(statement.trim()).then((received) => res.status(202).json(received), next);
      },
    )
    .get('/partners/invitations/:code', (_req, res) => {
      res
        .set('Cache-Control', 'no-store')
        .type('text/plain')
        .send(
          'This link invites an organisation to exchange traceability records with Lotbook.\n' +
            'It is for a node, not for a browser. At your node, with the whole link, the part after # too:\n\n' +
            "  lotbook partners accept '<link>'\n",
        );
    });
}
