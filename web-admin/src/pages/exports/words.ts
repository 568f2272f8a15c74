/** The checks of a verification, by the names that the verifier gives them. */
export const CHECKS: Readonly<Record<string, string>> = {
  keys: 'Who signs, with which keys',
  signatures: 'Every entry is signed',
  right: 'Who had the right to sign',
  records: 'Every history is whole',
  fields: 'Every field is what was signed',
  log: 'The log',
  checkpoints: 'Signed heads of the log',
  history: 'It continues the checkpoint that you kept',
  heads: 'Current versions of the records',
  manifest: 'The file is as it was made',
};

const UNITS = ['bytes', 'kB', 'MB', 'GB'];

/** 1234567 is "1.2 MB". */
export function sizeText(bytes: number): string {
  const power = Math.min(UNITS.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  return `${(bytes / 1_000 ** power).toFixed(power === 0 ? 0 : 1)} ${UNITS[power]}`;
}
