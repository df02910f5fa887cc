// The examples of docs/for-services.md, as they stand there: each is started, a resident logs in and out, also at
// Genkan, and the checker is content.
import { spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { SiteBrowser } from './mod_auth_openidc.mjs';
import { exchange } from '../lib/http.mjs';
import { freePort, sleep } from '../lib/server.mjs';

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url));
const examples = path('../../../docs/examples/');
const registration = JSON.parse(readFileSync(`${examples}booking.json`, 'utf8'));

// Waits until PROCESS answers at HOME, PLAYs, and ends it.
async function withProcess(child, home, play) {
  let said = '';
  child.stdout?.on('data', (text) => { said += text; });
  child.stderr?.on('data', (text) => { said += text; });
  const gone = new Promise((resolve) => { child.once('exit', resolve); });
  try {
    for (let i = 0; i < 200 && child.exitCode === null; i += 1) {
      if (await exchange(`${home}stopped`).then(() => true, () => false)) break;
      await sleep(50);
    }
    if (child.exitCode !== null) throw new Error(`it ended: ${said}`);
    await play(() => said);
  } finally {
    child.kill('SIGTERM');
    await gone;
  }
}

// The page that the service shows a resident who has logged in.
async function logIn(t, { site, resident, home, login, said }) {
  const leaves = await site.ask(login);
  t.must('the service sends her here', leaves.headers.location?.startsWith(`${t.issuer}/authorize?`), `${leaves.status} ${leaves.text} ${said()}`);
  await resident.get(leaves.headers.location);
  await resident.goOn();
  t.must('she comes back', resident.elsewhere?.url.startsWith(`${home}callback?`), resident.describe());
  const taken = await site.ask(resident.elsewhere.url);
  t.must('the service takes her', taken.status >= 300 && taken.status < 400, `${taken.status} ${taken.text} ${said()}`);
  return site.ask(new URL(taken.headers.location, home).href);
}

// The service of the guide at a port of its own; START(party, env, folder) gives its process.
async function example(t, start, { login, sees, logout, notice = 'logout-notice' }) {
  const port = await freePort(), home = `http://localhost:${port}/`, folder = `${t.server.folder}/guide-${port}`;
  const party = await t.client({ ...registration, client_id: `guide-${port}`, redirect_uris: [`${home}callback`], post_logout_redirect_uris: [home],
    backchannel_logout_uri: `${home}${notice}` });
  mkdirSync(folder);
  const ca = `${t.server.authority.folder}/ca.pem`;
  const env = { ...process.env, ISSUER: t.issuer, CLIENT_ID: party.id, CLIENT_SECRET: party.secret, PORT: String(port), HOME_URL: home, SESSION_KEY: 'of the tests',
    NODE_EXTRA_CA_CERTS: ca, REQUESTS_CA_BUNDLE: ca };
  await withProcess(start(party, env, folder, port), home, async (said) => {
    const site = new SiteBrowser(home);
    const resident = t.browser();
    let page = await logIn(t, { site, resident, home, login, said });
    t.must('the service knows her name', sees(page), `${page.status} ${page.text} ${said()}`);
    t.must('and no browser keeps the page', /no-store/.test(page.headers['cache-control']), page.headers['cache-control']);
    // somebody else's answer does not log anybody in
    const forged = await new SiteBrowser(home).ask('/callback?code=x&state=y&iss=z');
    t.must('an answer that nobody asked for is refused', forged.status !== 200 || !sees(forged), `${forged.status} ${forged.text}`);
    // she logs out
    const out = await site.ask(logout(home));
    const end = out.headers.location;
    t.must('the browser is sent to the end-session endpoint', end?.startsWith(`${t.issuer}/end_session?`), `${out.status} ${out.text} ${end}`);
    await resident.get(end);
    t.must('and comes back logged out', resident.elsewhere?.url.startsWith(home), resident.describe());
    page = await site.ask('/');
    t.must('the service does not know her any more', !sees(page), page.text);
    // she logs in again, and out at Genkan: the service hears of it
    page = await logIn(t, { site, resident, home, login, said });
    t.must('the service knows her again', sees(page), `${page.status} ${page.text} ${said()}`);
    await resident.get('/end_session');
    await resident.press('/end_session', { do: 'logout' });
    for (let i = 0; i < 100 && sees(page); i += 1) {
      await sleep(100);
      page = await site.ask('/');
    }
    t.must('logged out at Genkan, the service does not know her any more', !sees(page), `${page.status} ${page.text} ${said()}`);
    // and the operator's checker has nothing against it
    const tried = await t.server.genkan('client', 'try', party.id).catch((error) => error.stdout);
    t.must('genkan client try finds nothing BAD', !tried.includes('BAD'), tried);
    t.must('and that it refuses a forged log-out', tried.includes('refuses a logout token'), tried);
  });
}

const apacheModules = ['mpm_event', 'authn_core', 'authz_core', 'authz_user', 'alias', 'env', 'headers', 'mime', 'dir', 'rewrite', 'auth_openidc'];

// booking.conf inside the least of an httpd.
function apache(t, env, folder, port) {
  mkdirSync(`${folder}/page`);
  writeFileSync(`${folder}/page/index.html`, 'booked');
  writeFileSync(`${folder}/page/stopped`, 'stopped');
  writeFileSync(`${folder}/httpd.conf`, `ServerRoot "${folder}"
PidFile "${folder}/httpd.pid"
ServerName localhost
DefaultRuntimeDir "${folder}"
ErrorLog "${folder}/error.log"
Listen 127.0.0.1:${port}
${apacheModules.map((name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`).join('\n')}
TypesConfig /etc/mime.types
DirectoryIndex index.html
StartServers 1
DocumentRoot "${folder}/page"
OIDCCABundlePath ${env.REQUESTS_CA_BUNDLE}
Include ${examples}booking.conf
<Location />
  Header always set X-Name "%{OIDC_CLAIM_name}e"
</Location>
`);
  return spawn('/usr/sbin/apache2', ['-f', `${folder}/httpd.conf`, '-DFOREGROUND'], { env, stdio: 'pipe' });
}

const named = (page) => page.status === 200 && /\S/.test(page.text) && !page.text.startsWith('nobody');

const modules = {
  'booking.mjs (openid-client)': (t) => example(t, (party, env, folder) => {
    copyFileSync(`${examples}booking.mjs`, `${folder}/booking.mjs`);
    symlinkSync(path('../node_modules'), `${folder}/node_modules`);
    return spawn(process.execPath, [`${folder}/booking.mjs`], { env, stdio: 'pipe' });
  }, { login: '/login', sees: named, logout: () => '/logout' }),
  'booking.py (Authlib, Flask)': (t) => example(t, (party, env) => spawn('/usr/bin/python3', ['-W', 'ignore', `${examples}booking.py`], { env, stdio: 'pipe' }),
    { login: '/login', sees: named, logout: () => '/logout' }),
  'booking.conf (mod_auth_openidc)': (t) => example(t, (party, env, folder, port) => apache(t, env, folder, port),
    { login: '/', sees: (page) => page.status === 200 && page.headers['x-name'] && page.headers['x-name'] !== '(null)', logout: (home) => `/callback?logout=${encodeURIComponent(home)}`, notice: 'callback?logout=backchannel' }),
};

export const plans = [{ name: 'The guide (docs/examples)', kind: 'client', variant: 'as docs/for-services.md has them', registration: {}, modules }];
