import type { ExportJob } from '../store/export-jobs.ts';

/** Under what name a file is fetched, and of which media type it is. */
export const FILE_KINDS: Record<ExportJob['format'], { name: string; type: string }> = {
  JSONL_GZ: { name: 'audit.jsonl.gz', type: 'application/gzip' },
  ZIP: { name: 'audit.zip', type: 'application/zip' },
  XLSX: {
    name: 'traceability.xlsx',
    type: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  },
  FOODCHAIN_LAB: { name: 'foodchain-lab.json', type: 'application/json' },
  EPCIS: { name: 'epcis.jsonld', type: 'application/ld+json' },
  CSV: { name: 'traceability-csv.zip', type: 'application/zip' },
};
