/** What other programs import as `lotbook/verify`: the verifier of exports, which needs neither a node nor a database. */
export { splitLines } from './split-lines.ts';
export {
  type Check,
  type ExportReport,
  type Fault,
  type Header,
  type Lines,
  type Policy,
  type RootKey,
  verifyExport,
} from './verify.ts';
