import * as openid from 'openid-client';
import { LotbookError } from '../errors.ts';

/** What a provider says of a person, verified. */
export interface Identity {
  issuer: string;
  subject: string;
  claims: Readonly<Record<string, unknown>>;
}

/** What must come back with a log-in. */
export interface LoginChecks {
  state: string;
  nonce: string;
  /** PKCE (RFC 7636). */
  verifier: string;
}

/** The OpenID provider of an organisation: authorization code flow with PKCE (OpenID Connect Core 1.0, section 3.1). */
export interface OidcProvider {
  /** Where to send the browser. Rejects with UNREACHABLE. */
  begin(redirectUri: string): Promise<LoginChecks & { url: string }>;
  /** @param answer the URL that the browser came back to. Rejects with UNAUTHENTICATED, UNREACHABLE. */
  finish(answer: URL, checks: LoginChecks): Promise<Identity>;
}

export interface OidcSettings {
  issuer: string;
  clientId: string;
  /** Absent: a public client, which PKCE alone protects. */
  clientSecret?: string | undefined;
  scope: string;
}

const TIMEOUT_S = 10;

/** The provider is asked for its settings when the first person logs in, and again after a failure. */
export function openOidcProvider({ issuer, clientId, clientSecret, scope }: OidcSettings): OidcProvider {
  let known: Promise<openid.Configuration> | undefined;
  const configuration = (): Promise<openid.Configuration> => {
    known ??= openid
      .discovery(
        new URL(issuer),
        clientId,
        undefined,
        clientSecret === undefined ? openid.None() : openid.ClientSecretPost(clientSecret),
        {
          timeout: TIMEOUT_S,
          // The settings refuse plain HTTP but on this machine.
          ...(issuer.startsWith('http:') && { execute: [openid.allowInsecureRequests] }),
        },
      )
      .catch((error: unknown) => {
        known = undefined;
        throw explained(error);
      });
    return known;
  };
  return {
    begin: async (redirectUri) => {
      const [state, nonce] = [openid.randomState(), openid.randomNonce()];
      const verifier = openid.randomPKCECodeVerifier();
      const url = openid.buildAuthorizationUrl(await configuration(), {
        redirect_uri: redirectUri,
        scope,
        state,
        nonce,
        code_challenge: await openid.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
      });
      return { state, nonce, verifier, url: url.href };
    },
    finish: async (answer, { state, nonce, verifier }) => {
      const checks = {
        expectedState: state,
        expectedNonce: nonce,
        pkceCodeVerifier: verifier,
        idTokenExpected: true,
      };
      try {
        const provider = await configuration();
        const tokens = await openid.authorizationCodeGrant(provider, answer, checks);
        const claims = tokens.claims();
        if (!claims) throw refused();
        // Providers that keep to the letter tell names and groups only there.
        const more = provider.serverMetadata().userinfo_endpoint
          ? await openid.fetchUserInfo(provider, tokens.access_token, claims.sub)
          : {};
        return { issuer: claims.iss, subject: claims.sub, claims: { ...more, ...claims } };
      } catch (error) {
        throw explained(error);
      }
    },
  };
}

/** What the library throws may quote the answer of the provider. */
function explained(error: unknown): LotbookError {
  if (error instanceof LotbookError) return error;
  const isAnswer =
    error instanceof openid.AuthorizationResponseError ||
    error instanceof openid.ResponseBodyError ||
    (error instanceof openid.ClientError && error.code !== 'OAUTH_TIMEOUT');
  if (isAnswer) return refused();
  return new LotbookError('UNREACHABLE', 'The OpenID provider does not answer.');
}

function refused(): LotbookError {
  return new LotbookError(
    'UNAUTHENTICATED',
    'The OpenID provider did not let you in, or its answer is not valid.',
  );
}
