import { Buffer } from './buffer.ts';

/** The verifier finds it without an import, as in Node; it has to be there before any other module begins. */
Object.assign(globalThis, { Buffer });
