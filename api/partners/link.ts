import { LotbookError } from '../errors.ts';

/** An invitation: `<url>/partners/invitations/<code>#<thumbprint of the inviter's key>`. */
export interface InvitationLink {
  /** Base URL of the inviting node. */
  url: string;
  /** 128 random bits in base64url, good once. */
  code: string;
  /** RFC 7638 thumbprint: after `#`, so that a browser that opens the link keeps it to itself. */
  kid: string;
}

const LINK =
  /^(?<url>https?:\/\/[^\s#?]+)\/partners\/invitations\/(?<code>[A-Za-z0-9_-]{22})#(?<kid>[A-Za-z0-9_-]{43})$/;

export function writeLink({ url, code, kid }: InvitationLink): string {
  return `${url}/partners/invitations/${code}#${kid}`;
}

/** @throws LotbookError BAD_INPUT */
export function readLink(text: string): InvitationLink {
  const { url, code, kid } = LINK.exec(text.trim())?.groups ?? {};
  if (!url || !code || !kid || !URL.canParse(url)) {
    throw new LotbookError(
      'BAD_INPUT',
      'This is no invitation link: it ends in /partners/invitations/<code>#<fingerprint>, and no part of it may be missing.',
      { place: 'link' },
    );
  }
  return { url, code, kid };
}
