import { stringify } from 'lossless-json';
import { NumberText } from './value.ts';

const numbers = [
  {
    test: (value: unknown) => value instanceof NumberText,
    stringify: (value: unknown) => (value as NumberText).text,
  },
];

/** JSON text in which NumberText stands with exactly its digits. */
export function writeJson(value: unknown): string {
  return stringify(value, undefined, undefined, numbers) as string;
}
