import type { PublicLot } from '../../delivery/public-lot.ts';
import type { Fields } from '../../events/fields.ts';
import { html, type Html } from '../people/html.ts';
import type { Words } from './words.ts';

/** What is shown, to whom, and by whom. */
export interface Shown {
  found: PublicLot;
  /** The number of the lot as it stands on the package; null for the product. */
  lot: string | null;
  gtin: string;
  language: string;
  words: Words;
  organisation: string;
}

const DATES = [
  'harvestDate',
  'landingDate',
  'productionDate',
  'coolingDate',
  'freezingDate',
  'packagingDate',
  'bestBeforeDate',
  'sellByDate',
  'expirationDate',
] as const;
const MOST_EVENTS = 20;
const LONGEST_TEXT = 300;

/** The page for whoever scans a code with a phone: first, in large letters, whether it is recalled. No script. */
export function consumerPage(shown: Shown): string {
  const { found, lot, gtin, language, words, organisation } = shown;
  const title = textOf(found.product, 'name') || textOf(found.lot, 'description') || `GTIN ${gtin}`;
  const { text } = html`<!doctype html>
    <html lang="${language}">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title}</title>
        <link rel="stylesheet" href="/public.css" />
      </head>
      <body>
        <main>
          <h1>${title}</h1>
          <p>${lot === null ? `GTIN ${gtin}` : `${words.lot} ${lot}`}</p>
          ${statusOf(shown)} ${aboutLot(shown)}
          <footer><p>${words.by} ${organisation}</p></footer>
        </main>
      </body>
    </html> `;
  return text;
}

function statusOf({ found, lot, words }: Shown): Html {
  const [notice] = found.notices;
  if (!notice) return html`<section class="status fine" id="status"><p>${words.notRecalled}</p></section>`;
  const recalled = found.notices.flatMap(affectedLots);
  return html`<section class="status bad" id="status">
    ${notice['drill'] === true ? html`<p>${words.exercise}</p>` : null}
    <p class="large">${words.recalled}</p>
    <p><strong>${words.doNotEat}</strong></p>
    ${row(words.why, textOf(notice, 'hazard') || textOf(notice, 'title'))}
    ${row(words.whatToDo, textOf(notice, 'instructions'))}
    ${row(
      words.questions,
      ['contact.name', 'contact.phone', 'contact.email']
        .map((name) => textOf(notice, name))
        .filter((each) => each !== '')
        .join(', '),
    )}
    ${row(words.since, textOf(notice, 'issuedAt').slice(0, 10))}
    ${lot === null ? row(words.affectedLots, [...new Set(recalled)].join(', ')) : null}
  </section>`;
}

function affectedLots(notice: Fields): string[] {
  const states = texts(notice['lots[].state']);
  return texts(notice['lots[].lot']).flatMap((lot, at) => {
    const [, number] = /\/10\/([^/]+)$/.exec(lot) ?? [];
    return states[at] === 'AFFECTED' ? [number === undefined ? lot : decodeURIComponent(number)] : [];
  });
}

function aboutLot({ found, words }: Shown): Html {
  const { lot, product, events } = found;
  const certificates = [
    ...texts(lot?.['certifications']),
    ...events.flatMap((event) => [
      ...texts(event['certificationInfo']),
      ...texts([event['certificationInfo'] ?? null]),
    ]),
  ];
  return html`<section>
    ${row(words.origin, textOf(lot, 'countryOfOrigin') || textOf(product, 'countryOfOrigin'))}
    ${row(words.producer, textOf(lot, 'producer') || textOf(product, 'brand'))}
    ${row(
      words.dates,
      DATES.flatMap((name) =>
        lot?.[name] ? [`${spaced(name)} ${textOf(lot, name).slice(0, 10)}`] : [],
      ).join(', '),
    )}
    ${row(words.certificates, [...new Set(certificates)].join(', '))}
    ${
      events.length === 0
        ? null
        : html`<h2>${words.steps}</h2>
            <ul>
              ${events
                .slice(0, MOST_EVENTS)
                .map(
                  (event) =>
                    html`<li>
                      ${textOf(event, 'eventTime').slice(0, 10)} ${spaced(textOf(event, 'bizStep'))}
                    </li>`,
                )}
            </ul>`
    }
  </section>`;
}

function row(name: string, text: string): Html | null {
  return text === '' ? null : html`<p><span class="name">${name}</span> ${text}</p>`;
}

function spaced(name: string): string {
  return name
    .replace(/Date$/, '')
    .replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
    .replaceAll('_', ' ');
}

function textOf(fields: Fields | null, name: string): string {
  const value = fields?.[name];
  return typeof value === 'string' ? value.slice(0, LONGEST_TEXT) : '';
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((each): each is string => typeof each === 'string') : [];
}

export const PUBLIC_STYLE = `
:root { color-scheme: light dark; --back: #ffffff; --ink: #16201b; --soft: #4a554f; --bad: #9c1410; --fine: #14563a; --on: #ffffff; }
@media (prefers-color-scheme: dark) { :root { --back: #131815; --ink: #e8ede9; --soft: #b3beb7; } }
body { margin: 0; background: var(--back); color: var(--ink); font: 18px/1.5 system-ui, sans-serif; }
main { max-width: 36rem; margin: 0 auto; padding: 1rem; overflow-wrap: anywhere; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: .5rem 0 0; }
h2 { font-size: 1.1rem; margin: 1.5rem 0 0; }
p { margin: .5rem 0; }
.status { border-radius: 10px; padding: 1rem; margin: 1rem 0; color: var(--on); }
.status.bad { background: var(--bad); }
.status.fine { background: var(--fine); }
.large { font-size: 2.6rem; font-weight: 800; line-height: 1.1; margin: 0; }
.name { display: block; font-weight: 600; }
footer { color: var(--soft); }
`;
