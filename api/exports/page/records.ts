import type { VerifiedChange } from '../../ledger/verify-change.ts';
import { byId, element, facts } from './dom.ts';
import { moment, plain, rowsOf } from './format.ts';
import { Names } from './names.ts';

type Version = Pick<VerifiedChange, 'seq' | 'ver' | 'kind' | 'atMs' | 'term' | 'fields'>;

const MOST_SHOWN = 200;
/** What a browser holds without getting slow; the check goes on to the end of the file. */
const MOST_KEPT = 100_000;

/** The records of an export and their histories, as they are found to hold. */
export class Records {
  readonly #versions = new Map<string, Version[]>();
  readonly #names = new Names();
  #kept = 0;
  #left = 0;

  add({ record, seq, ver, kind, atMs, term, fields }: VerifiedChange): void {
    if (this.#kept === MOST_KEPT) {
      this.#left += 1;
      return;
    }
    this.#kept += 1;
    this.#names.take(record, fields);
    const versions = this.#versions.get(record);
    const version = { seq, ver, kind, atMs, term, fields };
    if (versions) versions.push(version);
    else this.#versions.set(record, [version]);
  }

  /** @param isValid whether the whole file is; else these are the ones before its first bad line */
  show(isValid: boolean): void {
    byId('records').hidden = this.#versions.size === 0;
    byId('records-title').textContent = isValid ? 'Records' : 'Records before the first bad line';
    byId('history').replaceChildren();
    this.find('');
  }

  /** Lists the records with that text in their ids or values. */
  find(text: string): void {
    const sought = text.trim().toLowerCase();
    const found = [...this.#versions].filter(
      ([id, versions]) =>
        sought === '' ||
        `${id} ${this.#names.of(id)} ${JSON.stringify(versions)}`.toLowerCase().includes(sought),
    );
    byId('list').replaceChildren(
      ...found.slice(0, MOST_SHOWN).map(([id, versions]) => element('li', {}, this.#button(id, versions))),
    );
    const more = found.length > MOST_SHOWN ? `, the first ${MOST_SHOWN} are shown` : '';
    const left =
      this.#left > 0 ? `; ${this.#left.toLocaleString()} later changes were checked, and are not listed` : '';
    byId('shown').textContent = `${found.length.toLocaleString()} records${more}${left}.`;
  }

  #button(id: string, versions: readonly Version[]): HTMLElement {
    const last = versions.at(-1);
    const button = element(
      'button',
      { type: 'button' },
      element('strong', {}, this.#titleOf(id, last)),
      element('br'),
      element('span', { class: 'id' }, id),
      element('br'),
      element(
        'span',
        { class: 'quiet' },
        `${last?.kind ?? ''}, version ${last?.ver ?? 0}, ${moment(last?.atMs ?? 0)}`,
      ),
    );
    button.addEventListener('click', () => {
      for (const other of document.querySelectorAll('.list [aria-current]'))
        other.removeAttribute('aria-current');
      button.setAttribute('aria-current', 'true');
      this.#history(id, versions);
    });
    return button;
  }

  /** What it is called, or of an event what happened. */
  #titleOf(id: string, last: Version | undefined): string {
    const { bizStep, type } = last?.fields ?? {};
    const happened = [bizStep, type].flatMap((value) => (value === undefined ? [] : plain(value)));
    return this.#names.of(id) ?? (happened.join(', ') || (last?.kind ?? ''));
  }

  #history(id: string, versions: readonly Version[]): void {
    const parts = versions.toReversed().flatMap(({ ver, seq, atMs, term, fields }) => [
      element('h3', {}, `Version ${ver}`),
      element('p', { class: 'quiet' }, `approved ${moment(atMs)}, entry ${seq} of the log, term ${term}`),
      facts(
        rowsOf(fields, this.#names).map(({ name, value }) => ({
          name,
          value: element('span', { class: 'value' }, value),
        })),
      ),
    ]);
    const title = element('h2', {}, this.#titleOf(id, versions.at(-1)));
    byId('history').replaceChildren(title, element('p', { class: 'id' }, id), ...parts);
    byId('history').focus();
  }
}
