import type { OpenedLink } from '../cases/answer-links.ts';
import { html, type Html } from './people/html.ts';
import { messagePage, page, type PageFrame } from './people/pages.ts';

/** What was typed into the form, by the names of its fields. */
export type Typed = Readonly<Record<string, string>>;

const STATES = {
  ACKNOWLEDGED: 'We have received it',
  ANSWERED: 'This is what we found so far',
  CONFIRMED: 'All of it is removed: nothing more will come',
};
const IMPACTS = { AFFECTED: 'Yes', NONE: 'No', INVESTIGATING: 'We are still looking' };
const UNITS = { KGM: 'kg', LBR: 'lb', CS: 'cases', C62: 'pieces', LTR: 'l' };
const DISPOSITIONS = {
  QUARANTINED: 'held back',
  RETURNED: 'returned',
  DESTROYED: 'destroyed',
  REWORKED: 'reworked',
  DIVERTED: 'diverted',
  SOLD: 'sold already',
};
const ACTIONS = { RECALL: 'Recall', WITHDRAWAL: 'Withdrawal', HOLD: 'Hold' };

/** The notice, and the form by which it is answered. */
export function answerPage(
  frame: PageFrame,
  { notice, reply, code, typed, error }: OpenedLink & { code: string; typed: Typed; error?: string },
): string {
  const { content } = notice;
  const { contact, afterHoursContact: night } = content;
  const body = html`${error === undefined ? null : html`<p role="alert" id="error">${error}</p>`}
    ${content.drill ? html`<p><strong>This is an exercise.</strong></p>` : null}
    <p>To ${reply.content.recipient}: <strong>${content.title}</strong></p>
    <p>${content.hazard ?? ''}</p>
    <p>${content.instructions ?? ''}</p>
    <p class="soft">
      ${[contact, night].flatMap((one) => (one ? [contactText(one)] : [])).join(' - at night: ')}
    </p>
    <form method="post" action="/answers/${code}">
      ${select('state', 'What do you tell us?', STATES, typed['state'] ?? '')}
      ${select('impact', 'Do you have, or did you have, any of it?', IMPACTS, typed['impact'] ?? '')}
      ${(content.lots ?? []).map(({ lot, state, product, marking }, at) =>
        state === 'WITHDRAWN'
          ? html`<p>${shortLot(lot)}: not affected after all</p>`
          : html`<fieldset>
              <legend>
                Lot ${[shortLot(lot), product, marking].flatMap((each) => each ?? []).join(', ')}
              </legend>
              <label for="quantity${String(at)}">How much you found</label>
              <input
                id="quantity${String(at)}"
                name="quantity${String(at)}"
                inputmode="decimal"
                value="${typed[`quantity${at}`] ?? ''}"
              />
              ${select(`uom${at}`, 'Unit', UNITS, typed[`uom${at}`] ?? 'KGM')}
              ${select(`disposition${at}`, 'What became of it', DISPOSITIONS, typed[`disposition${at}`] ?? '')}
            </fieldset>`,
      )}
      <label for="remark">Anything else</label>
      <input id="remark" name="remark" maxlength="2000" value="${typed['remark'] ?? ''}" />
      <label for="by">Your name</label>
      <input id="by" name="by" required maxlength="200" value="${typed['by'] ?? ''}" />
      <div class="act"><button type="submit">Send the answer</button></div>
    </form>`;
  return page(frame, `${ACTIONS[content.action]} notice`, body, true);
}

export function thanksPage(frame: PageFrame, isReceipt: boolean): string {
  const text = isReceipt
    ? 'It is noted that you received the notice. The link stays good for your answer.'
    : 'Your answer is recorded. The link is used up.';
  return messagePage(frame, 'Thank you', text);
}

function select(
  name: string,
  label: string,
  options: Readonly<Record<string, string>>,
  chosen: string,
): Html {
  return html`<label for="${name}">${label}</label>
    <select id="${name}" name="${name}">
      ${Object.entries(options).map(([value, text]) =>
        value === chosen
          ? html`<option value="${value}" selected>${text}</option>`
          : html`<option value="${value}">${text}</option>`,
      )}
    </select>`;
}

function contactText({ name, phone, email }: { name: string; phone?: string; email?: string }): string {
  return [name, phone, email].flatMap((each) => each ?? []).join(', ');
}

/** As it stands on the package, where the identifier is a GTIN with a lot. */
function shortLot(lot: string): string {
  const [, number] = /\/10\/([^/]+)$/.exec(lot) ?? [];
  return number === undefined ? lot : decodeURIComponent(number);
}
