import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packagePath } from '../../../api/package-root.ts';
import { parseDocument } from '../../../api/events/epcis.ts';
import { eventRecord } from '../../../api/events/record.ts';
import { traceEvent, type TraceEvent } from '../../../api/recall/trace-event.ts';

const CHAINS = packagePath('..', 'shared', 'data', 'epcis', 'chains');

export function hasChains(): boolean {
  return existsSync(CHAINS);
}

/** The events of a chain that nobody on this project wrote. */
export function readChain(file: string): TraceEvent[] {
  const parsed = parseDocument(readFileSync(join(CHAINS, file), 'utf8'));
  if (!parsed.ok) throw new Error(`${file} is not read: ${JSON.stringify(parsed.problems)}`);
  return parsed.events.map((content, nr) => {
    const { fields } = eventRecord(content, parsed.ignored);
    const record = `urn:event:${nr}`;
    const source = { book: 'b', record, version: 1, organisation: 'o', approvedAt: Infinity };
    return traceEvent(source, fields, null);
  });
}
