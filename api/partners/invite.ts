import { LotbookError } from '../errors.ts';
import { encodeBase64url } from '../identity/base64url.ts';
import { fingerprint, thumbprint } from '../identity/jwk.ts';
import { sha256 } from '../identity/sha256.ts';
import { addInvitation } from '../store/invitations.ts';
import type { PartnersEnvironment } from './environment.ts';
import { writeLink } from './link.ts';
import { checkGroups } from './partner.ts';

export interface InvitationInput {
  /** For yourself: whom the invitation is for. */
  note: string;
  groups?: readonly string[] | undefined;
  /** Hours until the link expires; 72 when absent. */
  hours?: number | undefined;
}

export interface MadeInvitation {
  link: string;
  /** Of this node's key, to read out by telephone. */
  fingerprint: string;
  expiresAt: Date;
}

const CODE_BYTES = 16;
const MAX_HOURS = 720;

/** Makes a one-time invitation. Whoever has the link can ask to become a partner; nobody becomes one by it alone. */
export async function invite(
  environment: PartnersEnvironment,
  input: InvitationInput,
): Promise<MadeInvitation> {
  const { prisma, self, keys, now, randomBytes } = environment;
  const { note, groups = [], hours = 72 } = input;
  if (note.trim() === '' || note.length > 500) {
    throw new LotbookError('BAD_INPUT', 'The note must be 1 to 500 characters.', { place: 'input.note' });
  }
  if (!Number.isInteger(hours) || hours < 1 || hours > MAX_HOURS) {
    throw new LotbookError('BAD_INPUT', `The hours must be 1 to ${MAX_HOURS}.`, { place: 'input.hours' });
  }
  const createdAt = new Date(now());
  const expiresAt = new Date(now() + hours * 3_600_000);
  const code = encodeBase64url(randomBytes(CODE_BYTES));
  await addInvitation(prisma, {
    codeHash: sha256(code),
    note: note.trim(),
    groups: checkGroups(groups, 'input.groups'),
    createdAt,
    expiresAt,
  });
  const { publicJwk } = keys;
  const link = writeLink({ url: self.url, code, kid: thumbprint(publicJwk) });
  return { link, fingerprint: fingerprint(publicJwk), expiresAt };
}
