import { LotbookError } from '../errors.ts';
import { asUnreachable } from './outbound.ts';
import type { PeerAddress } from './tokens.ts';

export interface StandingInput {
  /** Where an organisation's node is; undefined when it is not a partner that may be called, or has no node. */
  lookUp(organisation: string): Promise<PeerAddress | undefined>;
  /** Told when a node stops answering (why) and when it answers again (null). */
  report(organisation: string, why: string | null): void;
}

export interface Standing {
  /** Works with the node of an organisation; names it in what goes wrong. Rejects with LotbookError. */
  at<T>(organisation: string, work: (address: PeerAddress) => Promise<T>): Promise<T>;
  /** The error as the caller gets it. */
  explain(organisation: string, error: LotbookError): LotbookError;
}

/** Whether the other nodes answer: told once for each change. */
export function openStanding({ lookUp, report }: StandingInput): Standing {
  const reported = new Map<string, string | null>();

  const tell = (organisation: string, why: string | null): void => {
    if (reported.get(organisation) === why) return;
    reported.set(organisation, why);
    report(organisation, why);
  };
  const explain = (organisation: string, error: LotbookError): LotbookError => {
    const isAway = error.code === 'UNREACHABLE' || error.code === 'NOT_PERMITTED';
    if (isAway) tell(organisation, error.message);
    return new LotbookError(error.code, `${organisation}: ${error.message}.`, error.details);
  };
  return {
    explain,
    at: async (organisation, work) => {
      const address = await lookUp(organisation);
      if (!address) {
        throw new LotbookError('UNREACHABLE', `${organisation} is no active partner with a node.`);
      }
      try {
        const result = await work(address);
        tell(organisation, null);
        return result;
      } catch (error) {
        throw explain(organisation, asUnreachable(error));
      }
    },
  };
}
