// What the tests of client libraries share: what is skipped because it is not offered, and services as they need them.
import { randomInt } from 'node:crypto';
import * as jose from 'jose';

export const needs = (t, ...names) => {
  const missing = names.filter((name) => !t.metadata[name]);
  if (missing.length) t.skip(`not offered: ${missing.join(', ')}`);
};
export const needsGrant = (t, grant) => {
  if (!t.metadata.grant_types_supported.includes(grant)) t.skip(`not offered: ${grant}`);
};
export const needsAuth = (t, method) => {
  if (!t.metadata.token_endpoint_auth_methods_supported.includes(method)) t.skip(`not offered: ${method}`);
};
export const needsMode = (t, mode) => {
  if (!t.metadata.response_modes_supported.includes(mode)) t.skip(`not offered: ${mode}`);
};
export const needsAssertions = (t, alg) => {
  needsAuth(t, 'private_key_jwt');
  if (!t.metadata.token_endpoint_auth_signing_alg_values_supported?.includes(alg)) t.skip(`not offered: assertions signed with ${alg}`);
};

export const grant = {
  device: 'urn:ietf:params:oauth:grant-type:device_code',
  ciba: 'urn:openid:params:grant-type:ciba',
  exchange: 'urn:ietf:params:oauth:grant-type:token-exchange',
};
export const accessToken = 'urn:ietf:params:oauth:token-type:access_token';

// What stands on a counter's screen and on hers: each of its own, since all counters of the tests ask the same person.
export const bound = () => String(randomInt(100000, 1000000));

export const refreshing = { grant_types: ['authorization_code', 'refresh_token'] };
export const offline = { scope: 'openid email offline_access', prompt: 'consent' };

// A program on her own device (RFC 8252): public, listening wherever a port is free, refreshing with a key (RFC 9700 2.2.2).
export const native = { application_type: 'native', token_endpoint_auth_method: 'none', redirect_uris: ['http://127.0.0.1/answer'], dpop_bound_access_tokens: true, ...refreshing };

// A key to encrypt to, as it is registered, and what opens what came.
export async function lock(alg) {
  const pair = await jose.generateKeyPair(alg, { extractable: true });
  const jwk = { ...(await jose.exportJWK(pair.publicKey)), use: 'enc', alg, kid: 'enc' };
  const open = async (jwe) => {
    const { plaintext } = await jose.compactDecrypt(jwe, pair.privateKey, { keyManagementAlgorithms: [alg] });
    return new TextDecoder().decode(plaintext);
  };
  return { jwk, key: pair.privateKey, open };
}

// A certificate and how it is registered, for a service that proves itself by TLS. KIND: the authentication method.
export async function tlsClient(t, kind) {
  needsAuth(t, kind);
  const { authority } = t.server;
  const name = t.id('tls');
  const subject = `/O=Conformance/CN=${name}`;
  const bound = { token_endpoint_auth_method: kind, tls_client_certificate_bound_access_tokens: true };
  if (kind === 'tls_client_auth') return { certificate: authority.issue(name, subject, { usage: 'clientAuth' }), changes: { ...bound, tls_client_auth_subject_dn: `CN=${name},O=Conformance` } };
  const certificate = authority.selfSigned(name, subject);
  const jwk = { ...(await jose.exportJWK(await jose.importX509(certificate.cert, 'ES256'))), use: 'sig', kid: name, x5c: [certificate.cert.replace(/-----[^-]*-----|\s/g, '')] };
  return { certificate, changes: { ...bound, jwks: { keys: [jwk] } } };
}

// BROWSER (or another) goes to URL, and on until she is back at the service.
export async function visits(t, url, browser = t.browser()) {
  await browser.get(String(url));
  await browser.goOn();
  t.must('she comes back to the service', browser.elsewhere, browser.describe());
  return browser;
}

// She types the code of a device into her own browser (RFC 8628 3.3).
export async function typesCode(t, device) {
  const browser = t.browser();
  await browser.get(device.verification_uri_complete ?? `${device.verification_uri}?user_code=${device.user_code}`);
  await browser.allowDevice();
  return browser;
}

// A token that a service is shown by another one, and how it must be registered to exchange it for one for a third, to
// which she has consented herself (RFC 8693).
export async function shown(t) {
  const [own, third] = ['own', 'third'].map((name) => `https://${t.id(name)}.rp.example/api`);
  const browser = t.browser();
  const asks = async (changes, resource) => {
    const party = (await t.client(changes)).with({ pkce: true, idAlg: 'ES256', scope: 'openid email' });
    const { request, code } = await party.codeFlow(browser, { resource });
    return party.tokens(await party.token(party.codeForm(code, { resource })), request);
  };
  const changes = { resource: own, grant_types: ['authorization_code', grant.exchange], resources: [third] };
  const exchanging = await t.client(changes);
  await asks({ resource: third });
  const { access } = await asks({ resources: [own] }, own);
  return { token: access, exchanging, resource: third };
}
