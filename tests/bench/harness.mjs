// What the benchmarks in a browser share: the peer's bundle, a server for it, and Chromium.

import { createServer } from 'node:http';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { chromium } from 'playwright-core';

export const here = dirname(fileURLToPath(import.meta.url));

/** No window, and no calls of its own to anywhere; the same as the tests' browser. */
const ARGUMENTS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--force-device-scale-factor=1',
];

const KINDS = { '.html': 'text/html', '.mjs': 'text/javascript', '.js': 'text/javascript' };

/** A remark; the result alone goes to standard output. */
export const say = (text) => process.stderr.write(`      ${text}\n`);

/** The version of an installed package. */
export const version = (name) =>
  JSON.parse(readFileSync(join(here, 'node_modules', name, 'package.json'), 'utf8')).version;

/** Bundles mermaid as an application would: minified, and split where it loads by itself. */
export async function bundle() {
  const outdir = join(here, 'out');
  await build({
    stdin: { contents: "export { default } from 'mermaid'", resolveDir: here },
    entryNames: 'mermaid',
    bundle: true,
    minify: true,
    splitting: true,
    format: 'esm',
    target: 'es2022',
    outdir,
    logLevel: 'error',
  });
  return outdir;
}

/** Serves this folder on a free port. */
export async function serve() {
  const server = createServer((request, response) => {
    const path = new URL(request.url, 'http://localhost').pathname;
    const file = join(here, path);
    if (path.includes('..') || !existsSync(file) || !KINDS[extname(file)]) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, { 'content-type': KINDS[extname(file)] }).end(readFileSync(file));
  });
  await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
  return { url: `http://127.0.0.1:${server.address().port}`, close: () => server.close() };
}

/** A fresh Chromium with a fresh profile. */
export const browser = (executablePath) =>
  chromium.launch({ executablePath, headless: true, args: ARGUMENTS });

/** A page of its own context, with the measuring tools in it; an error in it ends the benchmark. */
export async function open(chrome, url) {
  const context = await chrome.newContext({ viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  page.setDefaultTimeout(300_000);
  const fail = (why) => {
    say(why);
    process.exit(1);
  };
  page.on('pageerror', (error) => fail(`the page failed: ${error.message}`));
  page.on('crash', () => fail('the page crashed'));
  await page.addInitScript({ path: join(here, 'tools.js') });
  await page.goto(url);
  return page;
}

/** Waits until a page has a global of this name. The page's policy forbids waitForFunction. */
export async function has(page, name, why) {
  const until = Date.now() + 20_000;
  while (!(await page.evaluate((name) => name in globalThis, name))) {
    if (Date.now() > until) throw new Error(why);
    await new Promise((later) => setTimeout(later, 50));
  }
}
