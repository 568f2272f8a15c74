import type { ExportReport } from '../../ledger/export/verify.ts';
import { element, facts } from './dom.ts';
import { moment } from './format.ts';

/** What was found, in words. */
export function verdict(report: ExportReport): HTMLElement[] {
  const { header, checks, ok, unproven } = report;
  return [
    answer(report),
    ...report.roots.filter(({ pinned }) => !pinned).map(compare),
    ...(header ? [element('h2', {}, 'What it is'), about(report, header)] : []),
    element('h2', {}, 'What was checked'),
    facts(checks.map(({ title, text }) => ({ name: title, value: text }))),
    ...(ok && unproven.length > 0
      ? [
          element('h2', {}, 'What is not proven'),
          facts(unproven.map(({ title, text }) => ({ name: title, value: text }))),
        ]
      : []),
  ];
}

function answer({ ok, fault, roots }: ExportReport): HTMLElement {
  if (ok) {
    const isKnown = roots.every(({ pinned }) => pinned);
    const text = isKnown
      ? 'Every line is what was signed, by the key that you know.'
      : 'Every line is what was signed. Compare the key below: all of it rests on that.';
    return element(
      'div',
      { class: 'answer good' },
      element('h2', {}, 'The file is valid'),
      element('p', {}, text),
    );
  }
  const entry = fault?.seq === undefined ? '' : `, entry ${fault.seq} of the log`;
  return element(
    'div',
    { class: 'answer bad' },
    element('h2', {}, 'The file is not valid'),
    element('p', {}, `Line ${fault?.line ?? 0}${entry}: ${fault?.message ?? ''} (${fault?.code ?? ''})`),
  );
}

function compare({
  name,
  organisation,
  part,
  fingerprint,
  thumbprint,
}: ExportReport['roots'][number]): HTMLElement {
  const whose = part === 'owner' ? 'the owner of the book' : 'who made the file';
  return element(
    'div',
    {},
    element('h2', {}, `Key of ${name}`),
    element(
      'p',
      {},
      `Let the people of ${organisation}, ${whose}, read their fingerprint to you. It has to be this one:`,
    ),
    element('p', { class: 'id fingerprint' }, fingerprint),
    element('p', { class: 'quiet' }, 'Thumbprint: ', element('code', {}, thumbprint)),
  );
}

function about({ organisations }: ExportReport, header: NonNullable<ExportReport['header']>): HTMLElement {
  const nameOf = (id: string): string => {
    const name = organisations.find((each) => each.id === id)?.name;
    return name === undefined || name === id ? id : `${name} (${id})`;
  };
  const { records, from, until } = header.scope;
  const limits = [
    ...(records ? [`${records.length} records`] : []),
    ...(from === null ? [] : [`approved from ${moment(Date.parse(from))}`]),
    ...(until === null ? [] : [`approved before ${moment(Date.parse(until))}`]),
  ];
  return facts([
    { name: 'Book', value: `${header.title} (${header.book})` },
    { name: 'Owner', value: nameOf(header.owner) },
    { name: 'Made by', value: nameOf(header.by) },
    { name: 'Made at', value: moment(Date.parse(header.madeAt)) },
    {
      name: 'As seen by',
      value: header.audience === null ? 'who made it: everything that it holds' : nameOf(header.audience),
    },
    { name: 'Asked for', value: limits.length === 0 ? 'everything' : limits.join(', ') },
    ...(header.copy
      ? [
          {
            name: 'Copy',
            value: 'Made of a local copy: it cannot prove what lies between the entries that it was given.',
          },
        ]
      : []),
  ]);
}
