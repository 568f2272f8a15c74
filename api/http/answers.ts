import { type Request, type RequestHandler, type Response, Router, urlencoded } from 'express';
import type { Cases } from '../cases/cases.ts';
import { LotbookError } from '../errors.ts';
import { canonicalDecimal } from '../events/decimal.ts';
import type { AccessLog } from '../people/access-log.ts';
import { addressOf } from './address.ts';
import { answerPage, thanksPage, type Typed } from './answer-page.ts';
import { messagePage } from './people/pages.ts';
import { checkForm, isPrivate } from './people/same-origin.ts';
import { limitRate } from './rate-limit.ts';

/** What the pages by which parties without a node answer a notice are made with. */
export interface AnswerPages {
  cases: Pick<Cases, 'openLink' | 'answerByLink'>;
  accessLog: Pick<AccessLog, 'note'>;
  organisation: { name: string };
  /** The public URL of the node. */
  url: string;
  proxies: number;
  now: () => number;
}

const A_MINUTE = 60;
const OVER = 'It was used, replaced by a newer one, or is over. Ask whoever sent it to you for a new one.';
const OPEN_NETWORK = 'Open this link over https.';
/** Three fields for each lot, and some more. */
const MOST_FIELDS = 1_000;

/** Whoever has the link sees the notice and answers it, once. No script. */
export function answerDoors(pages: AnswerPages): Router {
  const { organisation, url, proxies, now } = pages;
  const frame = { organisation: organisation.name };
  const guarded: RequestHandler = (req, res, next) => {
    if (!isPrivate(req, url))
      return show(res, messagePage(frame, 'Not over this connection', OPEN_NETWORK), 403);
    if (req.method === 'POST') checkForm(req, url);
    next();
  };
  const limit = limitRate({ most: A_MINUTE, windowMs: 60_000, now, proxies });
  const form = urlencoded({ extended: false, limit: '256kb', parameterLimit: MOST_FIELDS });
  return Router()
    .get('/answers/:code', guarded, limit, (req, res, next) => {
      const code = codeOf(req);
      pages.cases
        .openLink(code)
        .then((opened) =>
          opened
            ? show(res, answerPage(frame, { ...opened, code, typed: {} }))
            : show(res, messagePage(frame, 'This link is not good', OVER), 404),
        )
        .catch(next);
    })
    .post('/answers/:code', guarded, limit, form, (req, res, next) => {
      take(pages, req, res).catch(next);
    });
}

async function take(pages: AnswerPages, req: Request, res: Response): Promise<void> {
  const { cases, accessLog, organisation, proxies } = pages;
  const frame = { organisation: organisation.name };
  const code = codeOf(req);
  const typed = fieldsOf(req);
  const note = (result: string, object?: string) =>
    accessLog.note({ who: null, address: addressOf(req, proxies), action: 'answer notice', object, result });
  const opened = await cases.openLink(code);
  if (!opened) {
    await note('NOT_FOUND');
    return show(res, messagePage(frame, 'This link is not good', OVER), 404);
  }
  try {
    const lots = opened.notice.content.lots ?? [];
    await cases.answerByLink(code, answerOf(typed, lots));
  } catch (error) {
    if (!(error instanceof LotbookError) || error.status >= 500) throw error;
    return show(res, answerPage(frame, { ...opened, code, typed, error: error.message }), error.status);
  }
  await note('OK', opened.notice.book);
  show(res, thanksPage(frame, typed['state'] === 'ACKNOWLEDGED'));
}

/** @throws LotbookError BAD_INPUT in words for whoever typed it */
function answerOf(typed: Typed, lots: readonly { lot: string }[]): Parameters<Cases['answerByLink']>[1] {
  const by = (typed['by'] ?? '').trim();
  if (by === '' || by.length > 200 || /\p{Cc}/u.test(by)) throw wrong('Give your name.');
  const state = (['ACKNOWLEDGED', 'ANSWERED', 'CONFIRMED'] as const).find((each) => each === typed['state']);
  const impact = (['NONE', 'AFFECTED', 'INVESTIGATING'] as const).find((each) => each === typed['impact']);
  if (!state) throw wrong('Choose what you tell.');
  if (state !== 'ACKNOWLEDGED' && !impact) throw wrong('Say whether you have any of it.');
  const found = lots.flatMap(({ lot }, at) => {
    const [quantity, uom, disposition] = ['quantity', 'uom', 'disposition'].map((name) =>
      (typed[`${name}${at}`] ?? '').trim(),
    ) as [string, string, string];
    if (quantity === '') return [];
    if (canonicalDecimal(quantity) === null) throw wrong('Write quantities as numbers, such as 12.5.');
    return [{ lot, quantity, uom, disposition }];
  });
  const remark = (typed['remark'] ?? '').replace(/\r\n/g, '\n').trim();
  return { by, state, impact, remark, ...(found.length > 0 && { found }) };
}

function fieldsOf(req: Request): Typed {
  const body = (req.body ?? {}) as Record<string, unknown>;
  const texts = Object.entries(body).filter((each): each is [string, string] => typeof each[1] === 'string');
  return Object.fromEntries(texts);
}

function codeOf({ params }: Request): string {
  return String(params['code']);
}

function show(res: Response, page: string, status = 200): void {
  res
    .status(status)
    .set('Cache-Control', 'no-store')
    .set('Referrer-Policy', 'same-origin')
    .type('html')
    .send(page);
}

function wrong(message: string): LotbookError {
  return new LotbookError('BAD_INPUT', message);
}
