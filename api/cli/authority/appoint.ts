import { openProgress } from '../import/progress.ts';
import { printJson, printLine } from '../output.ts';
import type { OwnNode } from '../own-node.ts';
import { durationOf, findStanding, readStanding, STANDING, type Standing } from './standing.ts';

export interface AppointOptions {
  primary?: string;
  backup: string;
  witness?: string;
  mode: 'strict' | 'available';
  lease: number;
  takeOverAfter?: number;
  handBack: 'auto' | 'manual';
  wait: boolean;
  acceptLoss?: boolean;
  json?: boolean;
}

const POLL_MS = 200;
/** A backup that answers has told by then how far it is. */
const PATIENCE_MS = 3_000;

export async function appoint(node: OwnNode, book: string, options: AppointOptions): Promise<void> {
  const { backup, mode, lease, takeOverAfter, handBack, acceptLoss = false, json = false } = options;
  const before = await findStanding(node, book);
  // Who keeps the register stays; so it need not be said again.
  const witness = options.witness ?? before?.witness ?? null;
  const input = {
    book,
    primary: options.primary ?? null,
    backup,
    witness,
    mode: mode.toUpperCase(),
    leaseMs: lease,
    takeoverMs: takeOverAfter ?? lease,
    handBack: handBack.toUpperCase(),
    acceptLoss,
  };
  const { authority } = await node.mutate(
    `mutation ($input: AppointAuthorityInput!) {
       appointAuthority(input: $input) { authority ${STANDING} error { message duty } }
     }`,
    { input },
  );
  const made = authority as unknown as Standing;
  if (!json) explain(made);
  const standing = options.wait ? await whenInSync(node, made) : made;
  if (json) return printJson(standing);
  printLine(
    standing.insync.includes(backup)
      ? `${backup} has everything.`
      : `${backup} is being brought up to date: \`lotbook authority show\` tells how far it is.`,
  );
}

function explain({ book, primary, backup, witness, takeoverMs }: Standing): void {
  printLine(
    `${backup ?? 'nobody'} gets a whole copy of ${book}, every field of it, and stores each change before it counts.`,
  );
  printLine(
    witness === null
      ? `While ${primary} is down nothing is approved, until an operator says at that node: lotbook authority take-over ${book} --confirm`
      : `While ${primary} is not heard for ${durationOf(takeoverMs)}, it approves in its place; ${witness} sees to it that never both do.`,
  );
}

/** Until the backup has every entry. An interrupt ends the waiting alone: the appointment stands. */
async function whenInSync(node: OwnNode, made: Standing): Promise<Standing> {
  const { book, backup } = made;
  const total = lengthOf(made);
  const progress = openProgress(process.stderr, total, 'entries copied', Date.now);
  let copied = 0;
  let tellAt = Date.now() + PATIENCE_MS;
  try {
    for (;;) {
      const standing = await readStanding(node, book);
      if (backup === null || standing.insync.includes(backup)) return standing;
      const now = standing.lag === null ? copied : Math.max(copied, lengthOf(standing) - standing.lag);
      progress.advance(now - copied);
      copied = now;
      if (standing.lag === null && Date.now() >= tellAt) {
        progress.note(`Waiting for the node of ${backup}; Ctrl-C ends the waiting, not the appointment.`);
        tellAt = Infinity;
      }
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  } finally {
    progress.end();
  }
}

function lengthOf({ final, proposed }: Standing): number {
  return (final ?? 0) + (proposed ?? 0);
}
