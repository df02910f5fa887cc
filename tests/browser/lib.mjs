// What the browser tests share: the browser, the PIN window on the display, the card's control socket, genkan's command
// line, and a list of statements that hold or do not.
import { chromium } from 'playwright-core';
import { execFile, execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { promisify } from 'node:util';

const run = promisify(execFile);
const need = (name) => {
  if (!process.env[name]) throw new Error(`${name} is not set: start this with tools/demo --with`);
  return process.env[name];
};

export const issuer = need('GENKAN_ISSUER');
export const siteA = need('GENKAN_A');
export const siteB = need('GENKAN_B');
export const agent = need('GENKAN_AGENT');
export const shots = need('GENKAN_SCREENSHOTS');
const data = need('GENKAN_DATA');
const bin = need('GENKAN_BIN');
const control = need('GENKAN_CARD_CONTROL');
mkdirSync(shots, { recursive: true });

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// --- statements ------------------------------------------------------------------------------------------------------

let failures = 0;
let count = 0;
export function held(what, ok, detail = '') {
  count += 1;
  if (!ok) failures += 1;
  console.log(`${ok ? 'ok   ' : 'FAIL '} ${what}${ok || detail === '' ? '' : `: ${typeof detail === 'string' ? detail : JSON.stringify(detail)}`}`);
  return ok;
}
export const same = (what, got, wanted) =>
  held(what, JSON.stringify(got) === JSON.stringify(wanted), `got ${JSON.stringify(got)}, not ${JSON.stringify(wanted)}`);
export function chapter(name) {
  console.log(`\n${name}`);
}
export function finish() {
  console.log(`\n${count} statements, ${failures} did not hold`);
  process.exitCode = failures === 0 && count > 0 ? 0 : 1;
}

// --- browser ---------------------------------------------------------------------------------------------------------

const quiet = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync'];

// KEEPSPAGES: as people have it, with the back/forward cache, which the driver turns off unless told not to.
export async function openBrowser({ keepsPages = false } = {}) {
  // its own home: the certificate authority of --tls is trusted there and nowhere else
  const home = `${data}/browser-home`;
  mkdirSync(home, { recursive: true });
  return chromium.launch({ executablePath: '/usr/bin/chromium', args: quiet, env: { ...process.env, HOME: home },
    ignoreDefaultArgs: keepsPages ? ['--disable-back-forward-cache'] : [] });
}
export async function openWindow(browser, options = {}) {
  const context = await browser.newContext({ locale: 'ja-JP', timezoneId: 'Asia/Tokyo', viewport: { width: 1100, height: 900 }, ...options });
  context.setDefaultTimeout(20000);
  const page = await context.newPage();
  return { context, page };
}

let number = 0;
export async function shoot(page, name) {
  number += 1;
  await page.screenshot({ path: `${shots}/${String(number).padStart(2, '0')}-${name}.png`, fullPage: true });
}

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const rules = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
// A page that refreshes itself (the agent's) may go away under a question: it is asked again.
export async function settled(ask) {
  for (let i = 0; ; i += 1) {
    try {
      return await ask();
    } catch (error) {
      if (i === 9 || !/context was destroyed|navigat/.test(error.message)) throw error;
    }
  }
}
// Zero violations of WCAG 2.2 AA and of axe's good practice.
export async function accessible(page, name) {
  const found = await settled(async () => {
    await page.evaluate(axeSource);
    return page.evaluate((tags) => globalThis.axe.run(globalThis.document, { runOnly: tags }), rules);
  });
  const list = found.violations.map((v) => `${v.id} (${v.nodes.length}): ${v.nodes[0].html.slice(0, 120)} ${v.nodes[0].failureSummary}`);
  held(`accessible: ${name}`, list.length === 0, list.join(' | '));
}
export async function look(page, name) {
  await shoot(page, name);
  await accessible(page, name);
}

// --- the card --------------------------------------------------------------------------------------------------------

export function card(...words) {
  return execFileSync(`${bin}/genkan-card`, ['ctl', control, ...words], { encoding: 'utf8' });
}
export const cardStatus = () => JSON.parse(card('status'));
export const cardTrace = () => card('trace').split('\n').filter(Boolean).map((line) => JSON.parse(line));
// Another card lies in the reader while PLAY runs: a folder of the test PKI, like "bad/revoked".
export async function withCard(folder, play, options = []) {
  const socket = `${need('GENKAN_RUN')}/other.sock`;
  const state = `${need('GENKAN_RUN')}/other-${folder.replaceAll('/', '-')}.json`;
  const tell = (...words) => execFileSync(`${bin}/genkan-card`, ['ctl', socket, ...words], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  card('remove');
  await sleep(900); // the reader looks every 400 ms; it must see that the first card left
  const other = spawn(`${bin}/genkan-card`, ['--dir', `${need('GENKAN_PKI')}/${folder}`, '--state', state, '--port', need('GENKAN_READER_PORT'),
    '--control', socket, ...options], { stdio: 'inherit' });
  try {
    for (let i = 0; i < 200; i += 1) {
      try { if (JSON.parse(tell('status')).power_ons > 0) break; } catch { /* not yet */ }
      await sleep(50);
    }
    await play(tell);
    held(`${folder}: nothing touched the individual number`, JSON.parse(tell('status')).alarms === 0);
  } finally {
    other.kill('SIGTERM');
    await new Promise((resolve) => { other.once('exit', resolve); });
    await sleep(900);
    card('insert');
    await sleep(900);
  }
}
// A second genkan-agent on the same reader: to the first one it is just another program.
export function agentBeside() {
  const port = Number(new URL(agent).port) + 1;
  const other = spawn(`${bin}/genkan-agent`, ['--port', String(port), '--issuers', `${data}/issuers.d`, '--pinentry', `${need('GENKAN_RUN')}/pinentry`], { stdio: 'ignore' });
  const ended = new Promise((resolve) => { other.once('exit', resolve); });
  return { port, stop: () => { other.kill('SIGTERM'); return ended; } };
}
// What the agent told its PIN window since the start (never what was typed).
export const windowLog = () => readFileSync(`${data}/log/pinentry.log`, 'utf8');

// --- the PIN window --------------------------------------------------------------------------------------------------

// The window that is open, as "window:process" (a later window may get the same number), or null.
async function pinWindow(ms) {
  for (const end = Date.now() + ms; Date.now() < end; await sleep(100)) {
    try {
      const { stdout } = await run('xdotool', ['search', '--onlyvisible', '--class', 'pinentry']);
      const id = stdout.trim().split('\n').filter(Boolean).pop();
      if (id) return `${id}:${(await run('xdotool', ['getwindowpid', id])).stdout.trim()}`;
    } catch { /* none yet */ }
  }
  return null;
}
export async function windowIsOpen(ms = 15000) {
  return (await pinWindow(ms)) !== null;
}
export async function windowIsGone(ms = 15000) {
  for (const end = Date.now() + ms; Date.now() < end; await sleep(100)) if (!(await pinWindow(1))) return true;
  return false;
}
export async function shootWindow(name) {
  number += 1;
  await sleep(300); // drawn
  await run('import', ['-window', 'root', `${shots}/${String(number).padStart(2, '0')}-${name}.png`]);
}
// Types into whatever window asks, as a hand on the keyboard does.
export async function typePin(pin, shot = null) {
  const id = await pinWindow(20000);
  if (!id) throw new Error('no PIN window opened');
  await sleep(300);
  if (shot) await shootWindow(shot);
  for (let tries = 0; tries < 3; tries += 1) {
    await run('xdotool', ['type', '--delay', '40', pin]);
    await run('xdotool', ['key', 'Return']);
    for (let i = 0; i < 60; i += 1) {
      if ((await pinWindow(1)) !== id) return;
      await sleep(100);
    }
    // a window that was not ready for the keyboard yet: what arrived of it is taken back
    await run('xdotool', ['key', ...Array(12).fill('BackSpace')]);
  }
  throw new Error('the PIN window does not take the PIN');
}
export async function cancelWindow() {
  const id = await pinWindow(20000);
  if (!id) throw new Error('no PIN window opened');
  await sleep(300);
  await run('xdotool', ['key', 'Escape']);
  await windowIsGone();
}

// In the window that warns of the last try, stopping is what Enter does; going on takes a step aside.
export async function goOnInWindow(shot) {
  if (!(await pinWindow(20000))) throw new Error('no window opened');
  await shootWindow(shot);
  await run('xdotool', ['key', 'Tab']);
  await run('xdotool', ['key', 'Return']);
}

// --- steps of a login ------------------------------------------------------------------------------------------------

export const at = (page) => new URL(page.url());
export const isAt = (page, path) => at(page).origin === issuer && at(page).pathname === path;
export const loginButton = (page) => page.locator('form[action="/login/card"] button.main');
export const choice = (page, action, value) => page.locator(`form[action="${action}"] button[value="${value}"]`);
export const consentButton = (page, value) => page.locator(`#consent button[name="do"][value="${value}"], button[form="consent"][value="${value}"]`);
export const agentLink = (page) => page.locator('a.button.main[rel="nofollow"]');
// The word of this attempt, as the page shows it.
export const wordOf = async (page) => (await page.locator('.word-itself').innerText()).trim();

// From the page "Reading your card" through the agent and its windows, back to Genkan.
export async function useCard(page, pins, shotName = null) {
  await agentLink(page).click();
  await page.waitForURL((url) => url.origin === agent);
  for (const [i, pin] of pins.entries()) await typePin(pin, shotName ? `${shotName}${i + 1}` : null);
  await page.waitForURL((url) => url.origin !== agent && url.pathname !== '/login/card/return', { timeout: 30000 });
}
// Presses Tab until LOCATOR has the focus, which must be seen, then KEY.
export async function press(page, locator, name, key = 'Enter') {
  await locator.first().waitFor();
  for (let i = 0; i < 80; i += 1) {
    await page.keyboard.press('Tab');
    if (await locator.first().evaluate((e) => e === document.activeElement)) {
      const seen = await locator.first().evaluate((e) => { const s = getComputedStyle(e); return s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2; });
      held(`reached by Tab, and seen: ${name}`, seen);
      await page.keyboard.press(key);
      return;
    }
  }
  throw new Error(`${name} is not reached by Tab`);
}
export async function logInWithCard(page) {
  await loginButton(page).click();
  await page.waitForURL('**/login/card/start*');
  await useCard(page, ['1234']);
}

// --- genkan's command line -------------------------------------------------------------------------------------------

export function genkan(...words) {
  const done = spawnSync(`${bin}/genkan`, [...words, '--config', need('GENKAN_CONF')], { encoding: 'utf8', maxBuffer: 64 << 20 });
  return { status: done.status, out: done.stdout, err: done.stderr };
}
export const auditEvents = () => genkan('audit', 'list', '--format', 'json').out.split('\n').filter(Boolean).map((line) => JSON.parse(line));
