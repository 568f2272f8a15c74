import type { ScryptCost } from '../../api/people/password.ts';

/** A guess that costs nothing: tests make many. */
export const CHEAP: ScryptCost = { log2N: 4, r: 1, p: 1 };

export interface PageAnswer {
  status: number;
  text: string;
  headers: Headers;
  /** Where it sends the browser. */
  location: string;
}

/** A browser without script: it keeps the cookies of one node, and follows nothing by itself. */
export class TestBrowser {
  readonly jar = new Map<string, string>();

  constructor(
    readonly base: string,
    /** Of the pages that it shows; null leaves the header out. */
    public origin: string | null = base,
    public headers: Record<string, string> = {},
  ) {}

  get(path: string): Promise<PageAnswer> {
    return this.send(path, { method: 'GET' });
  }

  submit(path: string, fields: Record<string, string> = {}): Promise<PageAnswer> {
    return this.send(path, { method: 'POST', body: new URLSearchParams(fields) });
  }

  /** A call of a script of the page. */
  async graphql(
    query: string,
    variables: Record<string, unknown> = {},
    headers: Record<string, string> = { 'lotbook-request': '1' },
  ): Promise<{
    status: number;
    data: Record<string, unknown> | null;
    errors?: { extensions: { code: string } }[];
  }> {
    const { status, text } = await this.send('/graphql', {
      method: 'POST',
      body: JSON.stringify({ query, variables }),
      headers: { 'content-type': 'application/json', ...headers },
    });
    return { status, ...(JSON.parse(text) as { data: Record<string, unknown> | null }) };
  }

  async send(path: string, init: RequestInit): Promise<PageAnswer> {
    const cookie = [...this.jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const res = await fetch(new URL(path, this.base), {
      ...init,
      redirect: 'manual',
      headers: {
        ...(init.headers as Record<string, string>),
        ...this.headers,
        ...(cookie && { cookie }),
        ...(init.method === 'POST' && this.origin !== null && { origin: this.origin }),
      },
    });
    for (const line of res.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (value === '') this.jar.delete(name);
      else this.jar.set(name, value);
    }
    const location = res.headers.get('location') ?? '';
    return { status: res.status, text: await res.text(), headers: res.headers, location };
  }
}
