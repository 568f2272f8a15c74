import type { OperationPartsFragment } from '../../operations/generated/documents.ts';

interface Type {
  kind: string;
  name: string | null;
  ofType?: Type | null;
}

/** A type as the contract writes it: `[ID!]!`. */
export function typeText({ kind, name, ofType }: Type): string {
  if (kind === 'NON_NULL' && ofType) return `${typeText(ofType)}!`;
  if (kind === 'LIST' && ofType) return `[${typeText(ofType)}]`;
  return name ?? '...';
}

/** The beginning of a document that calls an operation, with variables for what it must be given. */
export function startOf(
  root: 'query' | 'mutation' | 'subscription',
  { name, args, type }: OperationPartsFragment,
): string {
  const needed = args.filter((arg) => arg.type.kind === 'NON_NULL');
  const declared = needed.map((arg) => `$${arg.name}: ${typeText(arg.type)}`).join(', ');
  const given = needed.map((arg) => `${arg.name}: $${arg.name}`).join(', ');
  const selection = isComposite(type) ? ' {\n    __typename\n  }' : '';
  const list = (text: string): string => (text ? `(${text})` : '');
  return `${root}${declared ? ` Ask${list(declared)}` : ''} {\n  ${name}${list(given)}${selection}\n}\n`;
}

function isComposite({ kind, ofType }: Type): boolean {
  return ofType ? isComposite(ofType) : kind === 'OBJECT' || kind === 'UNION' || kind === 'INTERFACE';
}
