import { printLine, printTable } from '../output.ts';
import { durationOf, lower, otherMember, type Standing } from './standing.ts';

/** A table over books: who holds the right in each. */
export function printStandings(list: readonly Standing[]): void {
  printTable(
    ['BOOK', 'HOLDER', 'TERM', 'SINCE', 'MODE', 'STATE', 'OTHER MEMBER'],
    list.map((standing) => [
      standing.book,
      standing.holder,
      String(standing.term),
      standing.since,
      lower(standing.mode),
      lower(standing.state),
      otherMember(standing),
    ]),
  );
  for (const standing of list) printEvidence(standing);
}

/** One book in words. */
export function printStanding(standing: Standing): void {
  const { book, holder, term, since, explanation, mode, primary, backup, witness } = standing;
  const { leaseMs, takeoverMs, handBack, final, proposed } = standing;
  const terms = handBack === 'AUTO' ? 'goes back to the primary by itself' : 'goes back by hand-over';
  const open = proposed ? `, ${proposed.toLocaleString('en-US')} proposed` : '';
  printTable(
    [book, ''],
    [
      ['holds the right', `${holder}, term ${term}, since ${since}`],
      ['state', explanation ?? lower(standing.state)],
      ['primary', primary],
      ['backup', backup ?? 'nobody'],
      ['other member', otherMember(standing)],
      ['witness', witness ?? 'nobody: an operator confirms a take-over'],
      ['mode', lower(mode)],
      ['lease', `${durationOf(leaseMs)}; take-over after ${durationOf(takeoverMs)}; the right ${terms}`],
      ...(final === null ? [] : [['entries', `${final.toLocaleString('en-US')} final${open}`]]),
    ],
  );
  printEvidence(standing);
}

export function printHistory({ book, terms }: Standing): void {
  printLine();
  printTable(
    ['TERM', 'HOLDER', 'WHY', 'SINCE', 'IN SYNC', 'REGISTRAR', 'CONFIRMED BY'],
    terms.map(({ n, holder, why, since, insync, registrar, confirmedBy }) => [
      String(n),
      holder,
      lower(why),
      since,
      insync.join(','),
      registrar,
      confirmedBy ?? '',
    ]),
  );
  if ((terms[0]?.n ?? 0) > 2) printLine(`Earlier terms of ${book} are in its log.`);
}

function printEvidence({ book, evidence }: Standing): void {
  if (evidence.length === 0) return;
  printLine();
  printLine(`Signed statements about ${book} contradict each other; --json prints both of each:`);
  printTable(
    ['FOUND', 'KIND', 'WHAT'],
    evidence.map(({ at, kind, detail }) => [at, lower(kind), detail]),
  );
}
