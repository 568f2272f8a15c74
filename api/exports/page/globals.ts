/** What the verifier finds without an import in Node. */
export { Buffer } from './buffer.ts';
