// Mutual TLS (RFC 8705) as a service uses it from its first login on: by TLS of Genkan's own, and behind nginx with the
// configuration that docs/examples/proxy shows. No suite has a plan for it; the names are ours.
import { createHash, X509Certificate } from 'node:crypto';
import { needsAuth, offline, refreshing, tlsClient } from '../clients/common.mjs';
import { exchange } from '../lib/http.mjs';
import { Server } from '../lib/server.mjs';
import { Stage } from '../lib/stage.mjs';

const thumbprint = (certificate) => createHash('sha256').update(new X509Certificate(certificate.cert).raw).digest('base64url');
const isRefused = (t, what, answer, status, error) => {
  t.same(`${what}: status`, answer.status, status);
  t.must(`${what}: ${error}`, answer.json?.error === error || (answer.headers['www-authenticate'] ?? '').includes(error), answer.text);
};

// RFC 8705 5: what authenticates a client, or takes a bound token, is also to be had where certificates are asked for.
function aliases(t) {
  const all = t.metadata.mtls_endpoint_aliases;
  t.must('mtls_endpoint_aliases is published', all && typeof all === 'object', t.metadata);
  const origins = new Set(Object.values(all).map((url) => new URL(url).origin));
  t.must('all of one other origin', origins.size === 1 && !origins.has(t.issuer), [...origins]);
  for (const name of ['token_endpoint', 'userinfo_endpoint', 'introspection_endpoint', 'revocation_endpoint', 'pushed_authorization_request_endpoint']) {
    t.must(`${name} is one of them, at the same path`, all[name] && new URL(all[name]).pathname === new URL(t.metadata[name]).pathname, all);
  }
  return all;
}

// A certificate that is as good as hers, of somebody else.
const another = (t, kind) => {
  const name = t.id('other');
  const { authority } = t.server;
  return kind === 'tls_client_auth' ? authority.issue(name, `/O=Conformance/CN=${name}`, { usage: 'clientAuth' }) : authority.selfSigned(name, `/O=Conformance/CN=${name}`);
};

const asked = (url, access, certificate) => exchange(url, { headers: { authorization: `Bearer ${access}`, accept: 'application/json' }, certificate });

// KEYS: 'jwks' or 'jwks_uri', of a self-signed certificate.
async function wholeLife(t, kind, keys) {
  needsAuth(t, kind);
  const at = aliases(t);
  const { certificate, changes } = await tlsClient(t, kind);
  if (keys === 'jwks_uri') {
    const body = JSON.stringify(changes.jwks);
    delete changes.jwks;
    changes.jwks_uri = t.desk.at(`/${t.id('jwks')}.json`, () => ({ body }));
  }
  const other = another(t, kind);
  const party = (await t.client({ ...changes, ...refreshing })).with({ auth: kind, certificate, pkce: true, idAlg: 'ES256', scope: offline.scope });

  // the token endpoint: nobody else's certificate, and not none (RFC 8705 2.1.2, 2.2.2)
  const { request, code } = await party.codeFlow(t.browser(), { prompt: 'consent' });
  isRefused(t, 'a code with another certificate', await party.token(party.codeForm(code), { certificate: other }), 401, 'invalid_client');
  isRefused(t, 'a code without a certificate', await exchange(at.token_endpoint, { body: { client_id: party.id, ...party.codeForm(code) } }), 401, 'invalid_client');
  const first = await party.tokens(await party.token(party.codeForm(code)), request);

  // UserInfo: RFC 8705 3, the protected resource
  const info = await asked(at.userinfo_endpoint, first.access, certificate);
  t.same('UserInfo with the certificate', info.status, 200);
  t.same('... says who she is', info.json?.sub, first.claims.sub);
  isRefused(t, 'UserInfo with another certificate', await asked(at.userinfo_endpoint, first.access, other), 401, 'invalid_token');
  isRefused(t, 'UserInfo without one', await asked(at.userinfo_endpoint, first.access), 401, 'invalid_token');
  isRefused(t, 'UserInfo where none is asked for', await asked(t.metadata.userinfo_endpoint, first.access, certificate), 401, 'invalid_token');

  // introspection: RFC 8705 3.2
  const shown = await party.call(t.metadata.introspection_endpoint, { token: first.access });
  t.same('introspection: it is active', shown.json?.active, true);
  t.same('... and bound to the certificate', shown.json?.cnf, { 'x5t#S256': thumbprint(certificate) });
  isRefused(t, 'introspection with another certificate', await party.call(t.metadata.introspection_endpoint, { token: first.access }, { certificate: other }), 401, 'invalid_client');

  // refresh: the client's authentication holds it; what comes is bound again
  const form = { grant_type: 'refresh_token', refresh_token: first.refresh };
  isRefused(t, 'refreshing with another certificate', await party.token(form, { certificate: other }), 401, 'invalid_client');
  const second = await party.tokens(await party.token(form), { ...request, nonce: undefined }, { refreshed: true });
  t.same('the new token with the certificate', (await asked(at.userinfo_endpoint, second.access, certificate)).status, 200);
  isRefused(t, 'the new token with another', await asked(at.userinfo_endpoint, second.access, other), 401, 'invalid_token');

  // revocation
  t.same('revocation', (await party.call(t.metadata.revocation_endpoint, { token: second.refresh })).status, 200);
  isRefused(t, 'what was revoked', await asked(at.userinfo_endpoint, second.access, certificate), 401, 'invalid_token');
}

// What somebody else writes into the proxy's header is not a certificate.
async function spoofed(t) {
  const at = aliases(t);
  const { certificate, changes } = await tlsClient(t, 'tls_client_auth');
  const party = (await t.client(changes)).with({ auth: 'tls_client_auth', certificate });
  const header = { 'client-cert': encodeURIComponent(certificate.cert) };
  const body = { client_id: party.id, grant_type: 'authorization_code', code: 'x', redirect_uri: party.redirect };
  isRefused(t, 'its certificate in a header', await exchange(at.token_endpoint, { headers: header, body }), 401, 'invalid_client');
  const plain = t.metadata.token_endpoint;
  isRefused(t, '... where none is asked for', await exchange(plain, { headers: header, body }), 401, 'invalid_client');
  const itself = await party.call(plain, { grant_type: 'authorization_code', code: 'x', redirect_uri: party.redirect });
  isRefused(t, 'with the certificate itself it is only the code that is wrong', itself, 400, 'invalid_grant');
}

const ways = {
  'tls_client_auth': (t) => wholeLife(t, 'tls_client_auth'),
  'self_signed_tls_client_auth, key in jwks': (t) => wholeLife(t, 'self_signed_tls_client_auth', 'jwks'),
  'self_signed_tls_client_auth, key at jwks_uri': (t) => wholeLife(t, 'self_signed_tls_client_auth', 'jwks_uri'),
  "a certificate in somebody's header": spoofed,
};

// The same with another server, which nginx stands in front of.
async function behindNginx(t) {
  const server = await Server.behindNginx(t.server);
  const stage = new Stage(server, t.desk);
  const within = Object.assign(Object.create(t), { server, issuer: server.issuer, browser: stage.browser.bind(stage) });
  within.client = (changes) => t.clientAt(within, changes);
  try {
    within.metadata = (await stage.look()).json;
    for (const way of Object.values(ways)) await way(within);
  } finally {
    t.checked = within.checked;
    await server.stop();
  }
}

export const plans = [{
  name: 'Mutual TLS (RFC 8705)',
  variant: "by Genkan's own TLS, and behind nginx with docs/examples/proxy/nginx.conf",
  registration: { profile: 'muni' },
  modules: { ...ways, 'all of these, behind nginx': behindNginx },
}];
