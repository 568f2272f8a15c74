import { LotbookError } from '../errors.ts';
import { canonicalIdentifier, identify } from '../events/identifiers.ts';
import { inPartnersTransaction, putOrganisation } from '../store/partners.ts';
import type { PartnersEnvironment } from './environment.ts';
import { getPartner, type Partner, readPartner } from './partner.ts';

export interface InquiriesInput {
  organisation: string;
  /** Inquiries of others are handed on to it. */
  forward: boolean;
  /** Places and parties at which it stands. */
  places: readonly string[];
}

const MOST_PLACES = 1_000;

/** Sets what becomes of inquiries that lead on to a partner. @throws LotbookError NOT_FOUND, BAD_INPUT */
export async function setInquiries(
  { prisma, now, ring }: PartnersEnvironment,
  { organisation, forward, places }: InquiriesInput,
): Promise<Partner> {
  if (places.length > MOST_PLACES) {
    throw new LotbookError('BAD_INPUT', `Name at most ${MOST_PLACES} places.`, { place: 'input.places' });
  }
  const wrong = places.findIndex((id) => !isPlace(id));
  if (wrong >= 0) {
    const place = `input.places[${wrong}]`;
    throw new LotbookError('BAD_INPUT', 'Name a place or a party by its GLN.', { place });
  }
  const partner = await inPartnersTransaction(prisma, async (tx) => {
    await getPartner(tx, organisation);
    await putOrganisation(tx, {
      id: organisation,
      forwardsInquiries: forward,
      places: [...new Set(places.map(canonicalIdentifier))],
      now: new Date(now()),
    });
    return readPartner(tx, organisation);
  });
  ring();
  return partner;
}

function isPlace(id: string): boolean {
  const { kind, fault } = identify(id);
  return fault === undefined && (kind === 'location' || kind === 'party');
}
