// A service with openid-client: `npm install openid-client jose`, then
//   ISSUER=https://id.example.lg.jp CLIENT_ID=... CLIENT_SECRET=... node booking.mjs
import { createServer } from 'node:http';
import { randomUUID } from 'node:crypto';
import { text } from 'node:stream/consumers';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import * as oidc from 'openid-client';

const { ISSUER, CLIENT_ID, CLIENT_SECRET, PORT = '3000' } = process.env;
const home = `http://localhost:${PORT}/`, callback = `${home}callback`;
// without TLS only a Genkan on this very machine, as tools/demo starts it
const plain = ISSUER.startsWith('http://localhost:') ? { execute: [oidc.allowInsecureRequests] } : {};
const op = await oidc.discovery(new URL(ISSUER), CLIENT_ID, { id_token_signed_response_alg: 'ES256' }, oidc.ClientSecretBasic(CLIENT_SECRET), plain);
const keys = createRemoteJWKSet(new URL(op.serverMetadata().jwks_uri));
const sessions = new Map(); // yours will be in a database

const cookieOf = (request) => request.headers.cookie?.match(/(?:^|; )session=([^;]+)/)?.[1];
const go = (response, url, cookie) => response.writeHead(303, { location: String(url), ...(cookie && { 'set-cookie': cookie }) }).end();

async function logIn(response) {
  const begun = { pkceCodeVerifier: oidc.randomPKCECodeVerifier(), expectedState: oidc.randomState(), expectedNonce: oidc.randomNonce() };
  const id = randomUUID();
  sessions.set(id, { begun });
  go(response, oidc.buildAuthorizationUrl(op, {
    redirect_uri: callback, scope: 'openid name', state: begun.expectedState, nonce: begun.expectedNonce,
    code_challenge: await oidc.calculatePKCECodeChallenge(begun.pkceCodeVerifier), code_challenge_method: 'S256',
  }), `session=${id}; HttpOnly; SameSite=Lax; Path=/`);
}

// Checks state, iss, signature, audience and nonce; the session begins anew, so that nobody can have planted it.
async function cameBack(request, response, session) {
  const tokens = await oidc.authorizationCodeGrant(op, new URL(request.url, home), session.begun);
  const person = await oidc.fetchUserInfo(op, tokens.access_token, tokens.claims().sub);
  const id = randomUUID();
  sessions.set(id, { person, idToken: tokens.id_token, sid: tokens.claims().sid });
  go(response, home, `session=${id}; HttpOnly; SameSite=Lax; Path=/`);
}

// She logged out elsewhere (OpenID Connect Back-Channel Logout 1.0, 2.6). What does not verify throws: 400.
async function loggedOutElsewhere(request, response) {
  const token = new URLSearchParams(await text(request)).get('logout_token') ?? '';
  const { payload } = await jwtVerify(token, keys, { issuer: ISSUER, audience: CLIENT_ID, algorithms: ['ES256'], typ: 'logout+jwt',
    requiredClaims: ['iat', 'exp', 'jti', 'sid'] });
  if (!payload.events?.['http://schemas.openid.net/event/backchannel-logout'] || 'nonce' in payload) throw new Error('not a logout token');
  for (const [id, { sid }] of sessions) if (sid === payload.sid) sessions.delete(id);
  response.writeHead(200, { 'cache-control': 'no-store' }).end();
}

createServer(async (request, response) => {
  const { pathname } = new URL(request.url, home), id = cookieOf(request), session = sessions.get(id);
  try {
    if (pathname === '/logout-notice' && request.method === 'POST') {
      return await loggedOutElsewhere(request, response).catch((error) => response.writeHead(400).end(error.message));
    }
    if (pathname === '/login') return await logIn(response);
    if (pathname === '/callback' && session?.begun) {
      sessions.delete(id);
      return await cameBack(request, response, session);
    }
    if (pathname === '/logout' && session?.idToken) {
      sessions.delete(id);
      return go(response, oidc.buildEndSessionUrl(op, { id_token_hint: session.idToken, post_logout_redirect_uri: home }));
    }
    response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' });
    return response.end(session?.person ? `${session.person.name} (${session.person.sub})` : 'nobody: open /login');
  } catch (error) { // the resident said no (access_denied), or somebody sent something that is not from Genkan
    response.writeHead(403, { 'content-type': 'text/plain; charset=utf-8' });
    return response.end(`not logged in: ${error.error ?? error.message}`);
  }
}).listen(Number(PORT), '127.0.0.1', () => console.log(`open ${home}login`));
