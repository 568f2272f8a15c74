import { InvalidArgumentError } from 'commander';
import { isJsonObject, type JsonValue } from '../identity/strict-json.ts';
import { type Role, ROLES } from '../sharing/caller.ts';

export interface RoleOption {
  role: Role;
  book: string | null;
}

export const ROLE_HELP = `${ROLES.join(', ')}; in one book only: EDITOR@packer.example/season-2026`;

/** `EDITOR` or `EDITOR@packer.example/season-2026`, again and again. */
export function roleOption(text: string, before: readonly RoleOption[] = []): RoleOption[] {
  const [name = '', ...rest] = text.split('@');
  const role = ROLES.find((each) => each === name.toUpperCase());
  const book = rest.join('@');
  if (role && (rest.length === 0 || book.includes('/')))
    return [...before, { role, book: rest.length === 0 ? null : book }];
  throw new InvalidArgumentError(`It must be one of ${ROLE_HELP}.`);
}

/** The roles in an answer of the node, as they are typed. */
export function rolesText(roles: JsonValue | undefined): string {
  if (!Array.isArray(roles)) return '';
  return roles
    .filter(isJsonObject)
    .map(({ role, book }) => (typeof book === 'string' ? `${String(role)}@${book}` : String(role)))
    .join(' ');
}
