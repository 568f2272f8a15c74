import type { Approval } from '../approval/approval.ts';
import type { Reading } from '../delivery/reading.ts';
import type { Bell } from '../store/bell.ts';
import type { Database } from '../store/database.ts';

/** What the shared book works with. */
export interface BooksDeps {
  approval: Pick<Approval, 'requestUpdates' | 'decided' | 'lockRecords'>;
  reading: Pick<Reading, 'book' | 'record' | 'version' | 'search'>;
  db: Pick<Database, 'pool'>;
  bell: Pick<Bell, 'on'>;
  randomId: () => string;
  /** ms */
  clock: () => number;
  /** The organisation that runs this node. */
  organisation: string;
  /** The version that a record has at the node of another organisation. Throws UNREACHABLE, or what is answered; null: none. */
  versionAt(organisation: string, book: string, record: string): Promise<number | null>;
}
