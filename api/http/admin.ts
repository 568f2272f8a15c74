import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import express, { type RequestHandler, type Router } from 'express';
import { LotbookError } from '../errors.ts';
import { packagePath } from '../package-root.ts';

const PAGE = 'index.html';
const A_YEAR_MS = 365 * 24 * 3_600_000;

/**
 * The web admin, as `npm run build` made it: one page, below whose path every address is the page's own, and its parts, whose
 * names change with what is in them. A page's style rules are let in by a number that is new with every answer.
 */
export function admin(randomId: () => string, dir = packagePath('dist', 'admin')): Router {
  const router = express.Router();
  const file = join(dir, PAGE);
  const page = existsSync(file) ? readFileSync(file, 'utf8') : null;
  router.get('/', (_req, res) => res.redirect('/admin/'));
  router.use(
    '/admin/assets',
    inBrotli(join(dir, 'assets')),
    express.static(join(dir, 'assets'), { immutable: true, maxAge: A_YEAR_MS, index: false }),
  );
  router.get(['/admin', '/admin/*rest'], (req, res) => {
    if (page === null || req.path.startsWith('/admin/assets/')) {
      const message =
        page === null ? 'The admin is not built: npm run build makes it.' : 'There is no such part.';
      throw new LotbookError('NOT_FOUND', message);
    }
    const nonce = randomId();
    // The reader of bar codes is WebAssembly, which this word lets in, and nothing else.
    const policy = String(res.getHeader('content-security-policy'))
      .replace(/style-src [^;]*/, `$& 'nonce-${nonce}'`)
      .replace(/script-src [^;]*/, `$& 'wasm-unsafe-eval'`);
    res.setHeader('content-security-policy', policy);
    res.setHeader('cache-control', 'no-store');
    res.type('html').send(page.replace('<head>', `<head><meta name="style-nonce" content="${nonce}" />`));
  });
  return router;
}

/** To who takes it, each part in the form in Brotli that lies beside it. They are the same for everybody: their sizes tell nothing. */
function inBrotli(dir: string): RequestHandler {
  const parts = new Set((existsSync(dir) ? readdirSync(dir) : []).filter((name) => name.endsWith('.br')));
  return (req, res, next) => {
    res.vary('accept-encoding');
    if (parts.has(`${req.path.slice(1)}.br`) && req.acceptsEncodings('br')) {
      res.type(extname(req.path)).setHeader('content-encoding', 'br');
      req.url = `${req.path}.br`;
    }
    next();
  };
}
