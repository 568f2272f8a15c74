// A partner without a node follows a book and verifies each change. Node 20, nothing to install:
//   npx tsx partner.ts https://node.owner.example buyer.example key.pem owner.example/season
import { createHash, createPrivateKey, createPublicKey, randomUUID, sign, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';

const [node = '', me = '', keyFile = '', book = ''] = process.argv.slice(2);
const key = createPrivateKey(readFileSync(keyFile));
const { crv, kty, x } = createPublicKey(key).export({ format: 'jwk' });
const kid = createHash('sha256').update(JSON.stringify({ crv, kty, x })).digest('base64url'); // RFC 7638
const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const decode = (text = '') => JSON.parse(Buffer.from(text, 'base64url').toString());

// RFC 7523: an assertion signed with our key is exchanged for a token of five minutes. `aud` is the URL by which the node knows itself.
const { url: aud } = await (await fetch(`${node}/.well-known/lotbook`)).json();
const iat = Math.floor(Date.now() / 1000);
const said = `${encode({ alg: 'Ed25519', typ: 'client-authentication+jwt', kid })}.${encode({ iss: me, sub: me, aud, jti: randomUUID(), iat, exp: iat + 60 })}`;
const answer = await fetch(`${node}/oauth/token`, {
  method: 'POST',
  body: new URLSearchParams({
    grant_type: 'client_credentials',
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: `${said}.${sign(null, Buffer.from(said), key).toString('base64url')}`,
  }),
});
const { access_token: token } = await answer.json();

// The owner's key: compare its fingerprint by telephone once, and keep it.
const { keys } = await (await fetch(`${node}/.well-known/jwks.json`)).json();
const owner = createPublicKey({ key: keys[0], format: 'jwk' });
const query = 'subscription ($book: ID!) { feed(book: $book) { cursor items { kind token disclosures } } }';
const stream = await fetch(`${node}/graphql`, {
  method: 'POST',
  headers: {
    authorization: `Bearer ${token}`,
    accept: 'text/event-stream',
    'content-type': 'application/json',
  },
  body: JSON.stringify({ query, variables: { book } }),
});
let rest = '';
for await (const chunk of stream.body!.pipeThrough(new TextDecoderStream())) {
  const lines = (rest + chunk).split('\n');
  rest = lines.pop()!;
  for (const line of lines.filter((each) => each.startsWith('data: {'))) {
    for (const { kind, token, disclosures } of JSON.parse(line.slice(6)).data.feed.items) {
      if (kind !== 'CHANGE') continue;
      const [head, claims, signature] = token.split('.');
      if (!verify(null, Buffer.from(`${head}.${claims}`), owner, Buffer.from(signature, 'base64url')))
        throw new Error('a signature does not hold');
      const { sub, ver, fields } = decode(claims);
      const opened = disclosures.map((each: string) => {
        const digest = createHash('sha256').update(each).digest('base64url');
        if (!fields.some((slot: Record<string, string>) => slot['...'] === digest))
          throw new Error('what is shown was not signed');
        return decode(each)[1];
      });
      process.stdout.write(`${sub} version ${ver} ${JSON.stringify(Object.fromEntries(opened))}\n`);
    }
  }
}
