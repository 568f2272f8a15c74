import type { Cast, Outage } from './outage.ts';
import { readLog } from './read-log.ts';
import { type LogEntry, logDifferences, logFaults } from './verify-log.ts';
import { receivedFaults } from './verify-received.ts';
import { finding, type Finding } from './verify.ts';

/** What has to be so after a node died and came back. */
export async function verifyOutage(cast: Cast, outage: Outage): Promise<Finding[]> {
  const { book, owner, backup } = cast;
  const [log, copy] = await Promise.all([readLog(owner, book), readLog(backup, book)]);
  return [
    wasApproved(cast, outage, log),
    cameFromBackup(cast, outage),
    finding(
      `the logs of ${owner.short} and ${backup.short} are equal, ${log.length} entries, each chained, and signed by who held the right`,
      [
        ...logDifferences(...upToCommonEnd(log, copy)),
        ...logFaults({ book, owner: owner.organisation, keys: owner.keys }, log),
      ],
    ),
  ];
}

/** While they are read, the holder may state the heads of the book again: one of the two then has that entry already. */
function upToCommonEnd(one: LogEntry[], other: LogEntry[]): [LogEntry[], LogEntry[]] {
  const [longer, shorter] = one.length > other.length ? [one, other] : [other, one];
  const isStated = longer.slice(shorter.length).every(({ kind }) => kind === 'HEADS');
  return isStated ? [longer.slice(0, shorter.length), shorter] : [one, other];
}

function wasApproved({ backup }: Cast, { asked, lot }: Outage, log: readonly LogEntry[]): Finding {
  const { state, outcome } = asked;
  const made = log.filter(({ record, version }) => record === lot.id && version > lot.version);
  const isOnce = made.length === 1 && outcome.length === 1 && outcome[0]?.version === lot.version + 1;
  return finding(
    `a request that found the owner's node dead was approved by ${backup.season.name}, and once`,
    state === 'APPROVED' && isOnce
      ? []
      : [`${state}, ${JSON.stringify(outcome)}, ${made.length} new versions`],
  );
}

function cameFromBackup(cast: Cast, { received, lot, wanted, wasDown }: Outage): Finding {
  const { book, owner, backup, subscriber } = cast;
  return finding(
    `${subscriber.season.name} got that change while the owner's node was down, signed by the backup in its term`,
    [
      ...(wasDown ? [] : ["the owner's node was up"]),
      ...receivedFaults(received, {
        book,
        owner: owner.organisation,
        ownerKeys: owner.keys,
        holder: backup.organisation,
        version: lot.version + 1,
        field: ['bestBeforeDate', wanted],
      }),
    ],
  );
}
