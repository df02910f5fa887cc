// Authlib (Debian's python3-authlib): clients/authlib_service.py does what the library does, the browser is here.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import * as jose from 'jose';
import { Key } from '../lib/keys.mjs';
import { needs, needsAuth, needsGrant } from './common.mjs';

const script = fileURLToPath(new URL('authlib_service.py', import.meta.url));

// Runs JOB; BROWSER goes where the library sends it. The lines that came out.
async function run(t, job, browser) {
  const process_ = spawn('/usr/bin/python3', ['-W', 'ignore', script], { env: { ...process.env, REQUESTS_CA_BUNDLE: `${t.server.authority.folder}/ca.pem` }, stdio: ['pipe', 'pipe', 'pipe'] });
  let complaints = '';
  process_.stderr.on('data', (text) => { complaints += text; });
  const ended = new Promise((resolve) => { process_.once('exit', resolve); });
  process_.stdin.write(`${JSON.stringify(job)}\n`);
  const lines = [];
  for await (const line of createInterface({ input: process_.stdout })) {
    const said = JSON.parse(line);
    if (!said.visit) lines.push(said);
    else {
      await browser.get(said.visit);
      await browser.goOn();
      process_.stdin.write(`${JSON.stringify({ back: browser.elsewhere?.url ?? '' })}\n`);
    }
  }
  t.same(`the library finds nothing wrong${complaints ? `:\n${complaints}` : ''}`, await ended, 0);
  return lines;
}

async function login(t, { changes = {}, auth = 'client_secret_basic', steps = [], more = {}, scope = 'openid email', client = {} } = {}) {
  const party = await t.client({ require_pkce: true, token_endpoint_auth_method: auth, ...changes });
  const job = { metadata: t.metadata, scope, steps, more, client: { id: party.id, secret: party.secret, redirect: party.redirect, auth, ...client } };
  const [first, ...rest] = await run(t, job, t.browser());
  t.same('UserInfo has what was asked for', first.info.email, 'hanako@example.jp');
  t.same('of the same person', first.info.sub, first.claims.sub);
  return [first, ...rest];
}

const refreshing = { changes: { grant_types: ['authorization_code', 'refresh_token'] }, scope: 'openid email offline_access', more: { prompt: 'consent' } };

const modules = {
  'code with PKCE, client_secret_basic': (t) => login(t),
  'code with PKCE, client_secret_post': (t) => login(t, { auth: 'client_secret_post' }),
  'code with PKCE, none (a public client)': (t) => login(t, { auth: 'none' }),
  'client credentials': async (t) => {
    needsGrant(t, 'client_credentials');
    const party = await t.client({ grant_types: ['client_credentials'], resources: [t.resource] });
    const job = { metadata: t.metadata, steps: ['alone'], more: { resource: t.resource }, client: { id: party.id, secret: party.secret, auth: 'client_secret_basic' } };
    const [alone] = await run(t, job, t.browser());
    t.must('a token comes, and no refresh token', alone.token.access_token && !alone.token.refresh_token, alone);
  },
  'private_key_jwt': async (t) => {
    needsAuth(t, 'private_key_jwt');
    const key = await Key.make('RS256');
    const pem = await jose.exportPKCS8(key.privateKey);
    await login(t, { auth: 'private_key_jwt', changes: { jwks: { keys: [key.jwk] } }, client: { key: pem, alg: 'RS256' } });
  },
  'refresh token': async (t) => {
    const [first, second] = await login(t, { ...refreshing, steps: ['refresh'] });
    t.must('another access token comes, and brings the same', second.token.access_token !== first.token.access_token && second.info.email === first.info.email, second);
  },
  'introspection and revocation': async (t) => {
    needs(t, 'introspection_endpoint', 'revocation_endpoint');
    const [, ended] = await login(t, { ...refreshing, steps: ['introspect'] });
    t.same('active before, and not after', [ended.before.active, ended.revoked, ended.after.active], [true, 200, false]);
  },
};

export const plans = [{ name: 'Authlib 1.2.0 (Debian python3-authlib)', kind: 'client', variant: 'each line a service of its own', registration: {}, modules }];
