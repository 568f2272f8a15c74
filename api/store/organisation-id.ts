const LABEL = '[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?';
const NAME = new RegExp(`^(?=.{3,253}$)${LABEL}(\\.${LABEL})+$`);

/** Whether a text can name an organisation: a DNS-like name of two or more lower-case labels, `packer.example`. */
export function isOrganisationId(text: unknown): text is string {
  return typeof text === 'string' && NAME.test(text);
}
