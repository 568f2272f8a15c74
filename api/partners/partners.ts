import type { Client } from '../store/clients.ts';
import { mainKeys } from '../store/clients.ts';
import type { KeyLog } from '../identity/key-log.ts';
import { keptKeyLog, readKeyLogs } from '../store/key-statements.ts';
import { listPartners } from '../store/partners.ts';
import { accept } from './accept.ts';
import { receiveAcceptance } from './acceptance.ts';
import type { PartnersEnvironment } from './environment.ts';
import { introduceMembers, type Introduction } from './introductions.ts';
import { type InvitationInput, invite, type MadeInvitation } from './invite.ts';
import { type Partner, partnerOf } from './partner.ts';
import { addPartner, addProgram, type PartnerInput, type ProgramInput, revokeProgram } from './programs.ts';
import { type InquiriesInput, setInquiries } from './inquiries.ts';
import { confirm, movePartner, setGroups } from './standing.ts';

export type { Partner } from './partner.ts';

/**
 * With whom this node exchanges, and how they become partners: an invitation by a way that people trust, accepted by
 * the other node with its key, confirmed here by its fingerprint. All reject with LotbookError.
 */
export interface Partners {
  list(): Promise<Partner[]>;
  /** The key log of an organisation as far as it is known here; null where none is. */
  keyLog(organisation: string): Promise<KeyLog | null>;
  invite(input: InvitationInput): Promise<MadeInvitation>;
  accept(link: string): Promise<Partner>;
  receiveAcceptance(statement: string): Promise<{ organisation: string; status: 'UNCONFIRMED' }>;
  confirm(organisation: string, fingerprint: string): Promise<Partner>;
  suspend(organisation: string): Promise<Partner>;
  resume(organisation: string): Promise<Partner>;
  remove(organisation: string): Promise<Partner>;
  setGroups(organisation: string, groups: readonly string[]): Promise<Partner>;
  setInquiries(input: InquiriesInput): Promise<Partner>;
  addPartner(input: PartnerInput): Promise<Partner>;
  addProgram(input: ProgramInput): Promise<Client>;
  revokeProgram(clientId: string): Promise<Client>;
  /** See `introduceMembers`. */
  introduceMembers(owner: string, members: readonly Omit<Introduction, 'groups'>[]): Promise<string[]>;
}

export function openPartners(environment: PartnersEnvironment): Partners {
  const { prisma } = environment;
  return {
    list: async () => {
      const rows = await listPartners(prisma);
      const ids = rows.map(({ id }) => id);
      const [keys, logs] = await Promise.all([mainKeys(prisma, ids), readKeyLogs(prisma, ids)]);
      return rows.map((row) => partnerOf(row, keys.get(row.id), logs.get(row.id)));
    },
    keyLog: async (organisation) => {
      const statements = (await readKeyLogs(prisma, [organisation])).get(organisation);
      return statements ? keptKeyLog(organisation, statements) : null;
    },
    invite: (input) => invite(environment, input),
    accept: (link) => accept(environment, link),
    receiveAcceptance: (statement) => receiveAcceptance(environment, statement),
    confirm: (organisation, fingerprint) => confirm(environment, organisation, fingerprint),
    suspend: (organisation) => movePartner(environment, organisation, 'suspend'),
    resume: (organisation) => movePartner(environment, organisation, 'resume'),
    remove: (organisation) => movePartner(environment, organisation, 'remove'),
    setGroups: (organisation, groups) => setGroups(environment, organisation, groups),
    setInquiries: (input) => setInquiries(environment, input),
    addPartner: (input) => addPartner(environment, input),
    addProgram: (input) => addProgram(environment, input),
    revokeProgram: (clientId) => revokeProgram(environment, clientId),
    introduceMembers: (owner, members) => introduceMembers(environment, owner, members),
  };
}
