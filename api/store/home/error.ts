export type HomeErrorCode = 'NO_HOME' | 'HOME_EXISTS' | 'BAD_ORGANISATION' | 'BAD_KEY' | 'KEY_EXPOSED';

/** The node's own directory is not as it must be. `duty` tells the operator what to do; no key material in either. */
export class HomeError extends Error {
  override readonly name = 'HomeError';

  constructor(
    readonly code: HomeErrorCode,
    message: string,
    readonly duty: string,
  ) {
    super(message);
  }
}
