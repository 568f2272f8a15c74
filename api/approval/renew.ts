import { peekClaims, peekKid } from '../identity/jws.ts';
import { type RequestClaims, signRequest } from '../identity/request-token.ts';
import type { Signer } from '../identity/signer.ts';
import type { Pool } from '../store/database.ts';
import { setRequestToken, type StoredRequest } from '../store/requests.ts';

interface Own {
  organisation: string;
  signer: Signer;
}

/**
 * Signs waiting requests anew that this node signed with a key which is in force no more: a request counts only under the key that
 * stands for its organisation now. What they say, and the key under which they are known, stays.
 */
export function renewed(
  deps: Own & { pool: Pool },
  requests: readonly StoredRequest[],
): Promise<StoredRequest[]> {
  return Promise.all(
    requests.map(async (request) => {
      if (!isOutdated(deps, request)) return request;
      // It was written by this node, from claims of its own.
      const claims = peekClaims(request.token ?? '') as unknown as RequestClaims;
      const token = await signRequest(claims, deps.signer);
      await setRequestToken(deps.pool, request.id, token);
      return { ...request, token };
    }),
  );
}

/** Whether a request of this node is signed with another key than the one in force. Those of others wait here as they came. */
export function isOutdated({ organisation, signer }: Own, { token }: StoredRequest): boolean {
  return token !== null && peekKid(token) !== signer.kid && peekClaims(token)?.['iss'] === organisation;
}
