// mod_auth_openidc in Apache httpd (Debian's), the most used one in public administration: a site of its own for each line.
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import * as jose from 'jose';
import { exchange } from '../lib/http.mjs';
import { freePort, sleep } from '../lib/server.mjs';
import { Key } from '../lib/keys.mjs';
import { needsAssertions, needsMode } from './common.mjs';

const modules_ = ['mpm_event', 'authn_core', 'authz_core', 'authz_user', 'alias', 'env', 'headers', 'mime', 'dir', 'auth_openidc'];

// The site's side of a browser: redirects are followed by hand, cookies are kept.
export class SiteBrowser {
  constructor(origin) {
    Object.assign(this, { origin, cookies: new Map() });
  }
  async ask(url, options = {}) {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const answer = await exchange(new URL(url, this.origin).href, { ...options, headers: { cookie, accept: 'text/html', 'sec-fetch-mode': 'navigate' } });
    for (const line of answer.headers['set-cookie'] ?? []) {
      const [, name, value] = line.match(/^([^=]+)=([^;]*)/);
      if (value) this.cookies.set(name, value);
      else this.cookies.delete(name);
    }
    return answer;
  }
}

// Starts a site for PARTY with LINES of configuration; runs PLAY; stops it.
async function withSite(t, party, port, lines, play) {
  const folder = `${t.server.folder}/${party.id}`;
  mkdirSync(`${folder}/page`, { recursive: true, mode: 0o755 });
  writeFileSync(`${folder}/page/index.html`, 'booked');
  writeFileSync(`${folder}/httpd.conf`, `ServerRoot "${folder}"
PidFile "${folder}/httpd.pid"
ServerName localhost
DefaultRuntimeDir "${folder}"
ErrorLog "${folder}/error.log"
LogLevel warn
Listen 127.0.0.1:${port}
${modules_.map((name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`).join('\n')}
TypesConfig /etc/mime.types
DirectoryIndex index.html
StartServers 1
Alias /booking "${folder}/page"
OIDCProviderMetadataURL ${t.issuer}/.well-known/openid-configuration
OIDCCABundlePath ${t.server.authority.folder}/ca.pem
OIDCClientID ${party.id}
${party.secret ? `OIDCClientSecret "${party.secret}"` : ''}
OIDCRedirectURI ${party.redirect}
OIDCCryptoPassphrase "of the conformance tests"
OIDCScope "openid email"
OIDCPKCEMethod S256
OIDCSessionType server-cache
OIDCPassClaimsAs environment
OIDCRemoteUserClaim sub
${lines.join('\n')}
<Location />
  AuthType openid-connect
  Require valid-user
  Header always set X-Sub "%{OIDC_CLAIM_sub}e"
  Header always set X-Email "%{OIDC_CLAIM_email}e"
</Location>
<Location /booking>
  Header always set X-Place "booking"
</Location>
`);
  const site = spawn('/usr/sbin/apache2', ['-f', `${folder}/httpd.conf`, '-DFOREGROUND'], { stdio: 'ignore' });
  const gone = new Promise((resolve) => { site.once('exit', resolve); });
  const log = () => readFileSync(`${folder}/error.log`, 'utf8').split('\n').slice(-6).join('\n');
  try {
    const browser = new SiteBrowser(`http://localhost:${port}`);
    for (let i = 0; i < 100 && site.exitCode === null; i += 1) {
      if (await browser.ask('/nothing').then(() => true, () => false)) break;
      await sleep(50);
    }
    await play(new SiteBrowser(`http://localhost:${port}`), log);
  } finally {
    site.kill('SIGTERM');
    await gone;
  }
}

// She opens the page, logs in at Genkan, comes back, and the page knows her.
async function booked(t, site, browser, log) {
  const sent = await site.ask('/booking/index.html');
  t.same('the site sends her to Genkan', sent.status, 302);
  await browser.get(sent.headers.location);
  await browser.goOn();
  t.must('she comes back', browser.elsewhere, browser.describe());
  const { url, fields } = browser.elsewhere;
  const back = await site.ask(url, fields && { body: fields });
  t.must(`the module takes the answer${back.status === 302 ? '' : `: ${log()}`}`, back.status === 302, back.status);
  const page = await site.ask(back.headers.location);
  t.same('the page is hers', [page.status, page.headers['x-email']], [200, 'hanako@example.jp']);
  return page.headers['x-sub'];
}

async function service(t, changes = {}) {
  const port = await freePort();
  const callback = `http://localhost:${port}/callback`;
  const party = await t.client({ require_pkce: true, redirect_uris: [callback], ...changes(port) }, { redirect: callback });
  return { party, port };
}
const login = (changes, lines) => async (t) => {
  const { party, port } = await service(t, () => changes);
  await withSite(t, party, port, lines, (site, log) => booked(t, site, t.browser(), log));
};

const modules = {
  'client_secret_basic, ID token by RS256': login({ id_token_signed_response_alg: 'RS256' }, ['OIDCProviderTokenEndpointAuth client_secret_basic', 'OIDCIDTokenSignedResponseAlg RS256']),
  'client_secret_post, ID token by ES256': login({ token_endpoint_auth_method: 'client_secret_post', id_token_signed_response_alg: 'ES256' },
    ['OIDCProviderTokenEndpointAuth client_secret_post', 'OIDCIDTokenSignedResponseAlg ES256']),
  'form post': async (t) => {
    needsMode(t, 'form_post');
    await login({}, ['OIDCResponseMode form_post', 'OIDCIDTokenSignedResponseAlg ES256'])(t);
  },
  'private_key_jwt': async (t) => {
    needsAssertions(t, 'RS256');
    const key = await Key.make('RS256');
    const pem = `${t.server.folder}/${t.id('site-key')}.pem`;
    writeFileSync(pem, await jose.exportPKCS8(key.privateKey));
    writeFileSync(`${pem}.pub`, await jose.exportSPKI(key.publicKey));
    await login({ token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [key.jwk] } },
      [`OIDCPrivateKeyFiles ${key.kid}#${pem}`, `OIDCPublicKeyFiles ${key.kid}#${pem}.pub`, 'OIDCProviderTokenEndpointAuth private_key_jwt', 'OIDCIDTokenSignedResponseAlg ES256'])(t);
  },
  'log-out by a frame, without the cookie (front channel)': async (t) => {
    const { party, port } = await service(t, (at) => ({ frontchannel_logout_uri: `http://localhost:${at}/callback?logout=get`, frontchannel_logout_session_required: true }));
    await withSite(t, party, port, ['OIDCIDTokenSignedResponseAlg ES256'], async (site, log) => {
      const browser = t.browser();
      await booked(t, site, browser, log);
      await browser.get('/end_session');
      await browser.press('/end_session', { do: 'logout' });
      const frame = browser.page.all('iframe')[0]?.attributes.src;
      t.must('the page has its frame, with iss and sid', frame && new URL(frame).searchParams.get('iss') === t.issuer && new URL(frame).searchParams.get('sid'), browser.describe());
      await new SiteBrowser(`http://localhost:${port}`).ask(frame); // as a frame of another site: without its cookies
      t.same('the site ended the session with that sid', (await site.ask('/booking/index.html')).status, 302);
    });
  },
  'log-out over the back channel': async (t) => {
    const { party, port } = await service(t, (at) => ({ backchannel_logout_uri: `http://127.0.0.1:${at}/callback?logout=backchannel`, backchannel_logout_session_required: true }));
    await withSite(t, party, port, ['OIDCIDTokenSignedResponseAlg ES256'], async (site, log) => {
      const browser = t.browser();
      await booked(t, site, browser, log);
      t.same('she is still known', (await site.ask('/booking/index.html')).status, 200);
      await browser.get('/end_session');
      await browser.press('/end_session', { do: 'logout' });
      let status = 200;
      for (let i = 0; i < 100 && status === 200; i += 1) {
        await sleep(100);
        status = (await site.ask('/booking/index.html')).status;
      }
      t.same('logged out at Genkan, the site does not know her any more', status, 302);
    });
  },
};

export const plans = [{ name: 'mod_auth_openidc 2.4.12 (Debian)', kind: 'client', variant: 'each line a site of its own', registration: {}, party: { idAlg: 'ES256' }, modules }];
