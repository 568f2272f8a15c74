import type { Signer } from '../../identity/signer.ts';
import type { Send } from '../../peers/outbound.ts';
import type { Caller } from '../../sharing/caller.ts';
import type { Bell } from '../../store/bell.ts';
import type { RoomSources } from '../open-room.ts';

/** What webhooks work with. */
export interface WebhookDeps extends RoomSources {
  bell: Pick<Bell, 'on' | 'ring'>;
  signer: Signer;
  /** The only way out, which calls no network that the operator did not allow. */
  send: Send;
  /** A node or program as it may call now; null where it may not. */
  callerNamed(clientId: string): Promise<Caller | null>;
  /** How long deliveries may fail before an address is given up, ms. */
  giveUpMs: number;
  /** From 0 up to 1: spreads the attempts. */
  random: () => number;
  randomId: () => string;
  log: {
    info(details: object, message: string): void;
    warn(details: object, message: string): void;
    error(details: object, message: string): void;
  };
}
