import { type Request, type Response, Router } from 'express';
import { readPublicLot, type PublicLot } from '../../delivery/public-lot.ts';
import type { Reading } from '../../delivery/reading.ts';
import { LotbookError } from '../../errors.ts';
import { identify } from '../../events/identifiers.ts';
import { limitRate } from '../rate-limit.ts';
import { consumerPage, PUBLIC_STYLE } from './page.ts';
import { LANGUAGES, type Words } from './words.ts';

export interface DigitalLinkDoors {
  reading: Pick<Reading, 'books' | 'search'>;
  organisation: { organisation: string; name: string };
  /** The public URL of the node. */
  url: string;
  proxies: number;
  now: () => number;
}

const A_MINUTE = 240;
const VOCABULARY = 'https://ref.gs1.org/voc/';
/** The link types that lead somewhere here (GS1 Web Vocabulary): all to one page. */
const LINK_TYPES = ['defaultLink', 'pip', 'traceability', 'certificationInfo', 'recallStatus'];

/**
 * A resolver for GS1 Digital Links of trade items (GS1 Digital Link: URI syntax 1.6; conformant resolver 1.2): the codes on
 * packages lead here. `linkType=all`, or the media type, answers the linkset (RFC 9264); everything else a page for people.
 */
export function digitalLink(doors: DigitalLinkDoors): Router {
  const limit = limitRate({ most: A_MINUTE, windowMs: 60_000, now: doors.now, proxies: doors.proxies });
  return Router()
    .get('/public.css', (_req, res) => {
      res.type('css').set('Cache-Control', 'public, max-age=3600').send(PUBLIC_STYLE);
    })
    .get('/01/*path', limit, (req, res, next) => {
      resolve(doors, req, res).catch(next);
    });
}

async function resolve(doors: DigitalLinkDoors, req: Request, res: Response): Promise<void> {
  const { reading, organisation, url } = doors;
  const { canonical, kind, fault, gtin, lot, product } = identify(`https://id.gs1.org${req.path}`);
  const isOfItem = kind === 'lot' || kind === 'product' || kind === 'instance';
  if (fault || !isOfItem || gtin === undefined)
    throw new LotbookError('BAD_INPUT', 'This is no GS1 Digital Link of a trade item.', { place: 'path' });
  const ofProduct = product ?? canonical;
  // An item is told of by its lot, where its code has one.
  const id = kind === 'instance' && lot !== undefined ? `${ofProduct}/10/${lot}` : canonical;
  const wanted = linkTypeOf(req);
  const type = req.accepts(['html', 'application/linkset+json', 'json']);
  const isLinkset = wanted === 'all' || type === 'application/linkset+json' || type === 'json';
  if (!isLinkset && wanted !== null && !LINK_TYPES.includes(wanted))
    throw new LotbookError('NOT_FOUND', 'There is no link of this type.', { place: 'linkType' });
  const found = await readPublicLot(reading, organisation.organisation, id, ofProduct);
  const isEmpty = !found.lot && !found.product && found.events.length + found.notices.length === 0;
  const { language, words } = languageOf(req);
  res
    .status(isEmpty ? 404 : 200)
    .set('Cache-Control', 'public, max-age=60')
    .set('Vary', 'Accept, Accept-Language')
    .set('Link', `<${url}${req.path}?linkType=all>; rel="linkset"; type="application/linkset+json"`);
  if (isLinkset) {
    res.type('application/linkset+json').send(JSON.stringify(linksetOf(url, req.path, id, found)));
    return;
  }
  const number = lot === undefined ? null : decodeURIComponent(lot);
  const shown = isEmpty ? nothing(words, language) : null;
  res
    .set('Content-Language', language)
    .type('html')
    .send(
      shown ?? consumerPage({ found, lot: number, gtin, language, words, organisation: organisation.name }),
    );
}

function nothing(words: Words, language: string): string {
  return `<!doctype html><html lang="${language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${words.nothing}</title><link rel="stylesheet" href="/public.css"></head><body><main><h1>${words.nothing}</h1></main></body></html>`;
}

/** `gs1:pip`, `pip` and the full URI are the same. */
function linkTypeOf(req: Request): string | null {
  const given = new URL(req.originalUrl, 'http://node').searchParams.get('linkType');
  return given === null
    ? null
    : given.replace(/^gs1:/, '').replace(/^https?:\/\/(ref\.)?gs1\.org\/voc\//, '');
}

function languageOf(req: Request): { language: string; words: Words } {
  const language = req.acceptsLanguages(Object.keys(LANGUAGES)) || 'en';
  return { language, words: LANGUAGES[language] as Words };
}

function linksetOf(url: string, path: string, anchor: string, { notices }: PublicLot): object {
  const target = { href: `${url}${path}`, type: 'text/html', hreflang: Object.keys(LANGUAGES) };
  const recall =
    notices.length > 0 ? { ...target, title: 'Recalled' } : { ...target, title: 'No recall is known' };
  return {
    linkset: [
      {
        anchor,
        ...Object.fromEntries(
          LINK_TYPES.map((type) => [`${VOCABULARY}${type}`, [type === 'recallStatus' ? recall : target]]),
        ),
      },
    ],
  };
}
