import type { Context } from '../context.ts';
import { type Inquiries, openInquiries } from '../delivery/inquiry/inquiries.ts';
import type { ScopeServices } from '../delivery/scope.ts';
import { keysLineOf } from '../exports/keys-line.ts';
import { knownKeysOf } from '../partners/key-logs.ts';

/** Inquiries of this node at others, and of others here. */
export function openInquiryRoom(context: Context, sources: ScopeServices): Inquiries {
  const { peers, keys: signer, randomId, config, log, database } = context;
  const { prisma } = database;
  return openInquiries({
    ...sources,
    peers,
    signer,
    randomId,
    config,
    log,
    knownKeys: (organisation) => knownKeysOf(prisma, organisation),
    keysLine: (organisation) => keysLineOf(prisma, organisation),
  });
}
