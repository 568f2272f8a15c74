import { protectedHeader, signPayload } from './jws.ts';
import type { Signer } from './signer.ts';

/** What a node posts to a webhook; its signature is detached (RFC 7515, appendix F). */
const WEBHOOK_TYP = 'trace-webhook+jwt';

export interface WebhookClaims {
  /** The organisation whose node posts. */
  readonly iss: string;
  /** The address that it is posted to. */
  readonly aud: string;
  /** Id of the delivery: the same with each attempt. */
  readonly jti: string;
  /** Seconds since 1970, to the millisecond: of this attempt. */
  readonly iat: number;
  readonly book: string;
  /** A batch of the feed, as the subscription gives it. */
  readonly feed: object;
}

/** The body of a delivery, and its signature: a compact JWS with the payload, which is the body, left out of its middle. */
export async function signWebhook(
  claims: WebhookClaims,
  signer: Signer,
): Promise<{ body: string; signature: string }> {
  const body = JSON.stringify(claims);
  const token = await signPayload(protectedHeader(WEBHOOK_TYP, signer), body, signer);
  const [header = '', , signature = ''] = token.split('.');
  return { body, signature: `${header}..${signature}` };
}
