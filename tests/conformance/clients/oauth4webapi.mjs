// oauth4webapi (npm): the protocol piece by piece, each answer looked at by the library's own checks.
import * as oauth from 'oauth4webapi';
import { fetchWith } from '../lib/http.mjs';
import { Key } from '../lib/keys.mjs';
import { accessToken, bound, grant, lock, native, needs, needsAssertions, needsAuth, needsGrant, needsMode, offline, refreshing, shown, tlsClient, typesCode, visits } from './common.mjs';

// A service registered with CHANGES; HOW it authenticates.
async function service(t, { changes = {}, how = (party) => oauth.ClientSecretBasic(party.secret), certificate, metadata = {} } = {}) {
  const party = await t.client({ require_pkce: true, ...changes });
  const options = { [oauth.customFetch]: fetchWith(certificate) };
  const as = await oauth.processDiscoveryResponse(new URL(t.issuer), await oauth.discoveryRequest(new URL(t.issuer), options));
  return { party, as, options, client: { client_id: party.id, ...metadata }, auth: how(party) };
}

// Parameters of a login and what is kept of it.
async function prepared(party, more = {}) {
  const kept = { verifier: oauth.generateRandomCodeVerifier(), state: oauth.generateRandomState(), nonce: oauth.generateRandomNonce() };
  const params = new URLSearchParams({ client_id: party.id, redirect_uri: party.redirect, response_type: 'code', scope: 'openid email', state: kept.state, nonce: kept.nonce,
    code_challenge: await oauth.calculatePKCECodeChallenge(kept.verifier), code_challenge_method: 'S256', ...more });
  return { kept, params };
}
const address = (as, params) => `${as.authorization_endpoint}?${params}`;

// A request that the server wants with another nonce is sent again (RFC 9449 8).
async function withNonce(send, process) {
  try {
    return await process(await send());
  } catch (error) {
    if (!oauth.isDPoPNonceError(error)) throw error;
    return process(await send());
  }
}
// PUSH: whether the request is pushed; WRAP makes a request object of the parameters.
async function sent({ as, client, auth, options }, params, { push, wrap, DPoP } = {}) {
  const inside = wrap ? new URLSearchParams({ client_id: client.client_id, request: await wrap(params) }) : params;
  if (!push) return inside;
  const pushed = await withNonce(() => oauth.pushedAuthorizationRequest(as, client, auth, inside, { ...options, DPoP }), (response) => oauth.processPushedAuthorizationResponse(as, client, response));
  return new URLSearchParams({ client_id: client.client_id, request_uri: pushed.request_uri });
}
// OPEN: decrypts what comes encrypted.
const opening = (options, open) => (open ? { ...options, [oauth.jweDecrypt]: open } : options);
// The parameters of the answer, once the library has looked at them.
async function received({ as, client, options }, browser, kept, { signed, open } = {}) {
  const came = browser.elsewhere.fields ? new URLSearchParams(browser.elsewhere.fields) : new URL(browser.elsewhere.url).searchParams;
  return signed ? oauth.validateJwtAuthResponse(as, client, came, kept.state, opening(options, open)) : oauth.validateAuthResponse(as, client, came, kept.state);
}
async function login(t, s, { more, DPoP, browser: own, ...way } = {}) {
  const { party, as, client, auth, options } = s;
  const { kept, params } = await prepared(party, more);
  const browser = await visits(t, address(as, await sent(s, params, { ...way, DPoP })), own);
  const answer = await received(s, browser, kept, way);
  const tokens = await withNonce(() => oauth.authorizationCodeGrantRequest(as, client, auth, answer, party.redirect, kept.verifier, { ...options, DPoP }),
    (response) => oauth.processAuthorizationCodeResponse(as, client, response, opening({ expectedNonce: kept.nonce, requireIdToken: true }, way.open)));
  const claims = oauth.getValidatedIdTokenClaims(tokens);
  const info = await withNonce(() => oauth.userInfoRequest(as, client, tokens.access_token, { ...options, DPoP }), (response) => oauth.processUserInfoResponse(as, client, claims.sub, response, opening({}, way.open)));
  t.same('UserInfo has what was asked for', info.email, 'hanako@example.jp');
  return { tokens, claims };
}
const flow = (options, way) => async (t) => {
  await login(t, await service(t, options), way);
};
const withKey = (alg) => async (t) => {
  needsAssertions(t, alg);
  const key = await Key.make(alg);
  await login(t, await service(t, { changes: { token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [key.jwk] } }, how: () => oauth.PrivateKeyJwt({ key: key.privateKey, kid: key.kid }) }));
};
const mutualTls = (kind) => async (t) => {
  const { certificate, changes } = await tlsClient(t, kind);
  await login(t, await service(t, { changes, certificate, how: () => oauth.TlsClientAuth(), metadata: { use_mtls_endpoint_aliases: true } }));
};
const objects = async () => {
  const key = await Key.make('ES256');
  const changes = { jwks: { keys: [key.jwk] }, request_object_signing_alg: 'ES256' };
  return { changes, wrap: (s) => (params) => oauth.issueRequestObject(s.as, s.client, params, { key: key.privateKey, kid: key.kid }) };
};

const keyed = async (t, changes) => {
  const key = await Key.make('ES256');
  return service(t, { changes: { token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [key.jwk] }, ...changes }, how: () => oauth.PrivateKeyJwt({ key: key.privateKey, kid: key.kid }) });
};
const asksForDevice = async (s) => oauth.processDeviceAuthorizationResponse(s.as, s.client, await oauth.deviceAuthorizationRequest(s.as, s.client, s.auth, { scope: 'openid email' }, s.options));
const asksAtCounter = async (s, hint, binding) => oauth.processBackchannelAuthenticationResponse(s.as, s.client,
  await oauth.backchannelAuthenticationRequest(s.as, s.client, s.auth, { scope: 'openid email', id_token_hint: hint, binding_message: binding }, s.options));
const fetchesFromCounter = async (s, asked) => oauth.processBackchannelAuthenticationGrantResponse(s.as, s.client,
  await oauth.backchannelAuthenticationGrantRequest(s.as, s.client, s.auth, asked.auth_req_id, s.options));

// One client authentication at every endpoint that asks for one.
async function everywhere(t, s) {
  const { as, client, auth, options } = s;
  const browser = t.browser();
  const { tokens } = await login(t, s, { more: offline, push: true, browser });
  const again = await oauth.processRefreshTokenResponse(as, client, await oauth.refreshTokenGrantRequest(as, client, auth, tokens.refresh_token, options));
  const said = await oauth.processIntrospectionResponse(as, client, await oauth.introspectionRequest(as, client, auth, again.access_token, options));
  t.same('active', said.active, true);
  const own = await oauth.processClientCredentialsResponse(as, client, await oauth.clientCredentialsGrantRequest(as, client, auth, new URLSearchParams({ resource: t.resource }), options));
  t.must('a token of its own', own.access_token);
  const binding = bound();
  const asked = await asksAtCounter(s, tokens.id_token, binding);
  await browser.allowAsked(binding);
  t.must('she agrees at a counter', (await fetchesFromCounter(s, asked)).access_token);
  const device = await asksForDevice(s);
  await typesCode(t, device);
  t.must('and for a device', (await oauth.processDeviceCodeResponse(as, client, await oauth.deviceCodeGrantRequest(as, client, auth, device.device_code, options))).access_token);
  await oauth.processRevocationResponse(await oauth.revocationRequest(as, client, auth, again.refresh_token ?? tokens.refresh_token, options));
}

const modules = {
  'code with PKCE, client_secret_basic': flow({}),
  'code with PKCE, client_secret_post': flow({ changes: { token_endpoint_auth_method: 'client_secret_post' }, how: (party) => oauth.ClientSecretPost(party.secret) }),
  'code with PKCE, none (a public client)': async (t) => {
    needsAuth(t, 'none');
    await login(t, await service(t, { changes: { token_endpoint_auth_method: 'none' }, how: () => oauth.None() }));
  },
  'private_key_jwt, ES256': withKey('ES256'),
  'private_key_jwt, PS256': withKey('PS256'),
  'private_key_jwt, EdDSA': withKey('EdDSA'),
  'private_key_jwt, RS256': withKey('RS256'),
  'tls_client_auth, tokens bound to the certificate': mutualTls('tls_client_auth'),
  'self_signed_tls_client_auth, tokens bound to the certificate': mutualTls('self_signed_tls_client_auth'),
  'refresh token, rotated': async (t) => {
    const s = await service(t, { changes: refreshing });
    const { tokens } = await login(t, s, { more: offline });
    const response = await oauth.refreshTokenGrantRequest(s.as, s.client, s.auth, tokens.refresh_token, s.options);
    const again = await oauth.processRefreshTokenResponse(s.as, s.client, response);
    t.must('both tokens are others', again.access_token !== tokens.access_token && again.refresh_token !== tokens.refresh_token);
  },
  'pushed authorization request': async (t) => {
    needs(t, 'pushed_authorization_request_endpoint');
    await login(t, await service(t), { push: true });
  },
  'request object, signed': async (t) => {
    needs(t, 'request_parameter_supported', 'request_object_signing_alg_values_supported');
    const { changes, wrap } = await objects();
    const s = await service(t, { changes });
    await login(t, s, { wrap: wrap(s) });
  },
  'request object, signed and pushed': async (t) => {
    needs(t, 'pushed_authorization_request_endpoint', 'request_object_signing_alg_values_supported');
    const { changes, wrap } = await objects();
    const s = await service(t, { changes });
    await login(t, s, { wrap: wrap(s), push: true });
  },
  'signed authorization response (JARM)': async (t) => {
    needsMode(t, 'jwt');
    const signed = { authorization_signed_response_alg: 'ES256' };
    await login(t, await service(t, { changes: signed, metadata: signed }), { more: { response_mode: 'jwt' }, signed: true });
  },
  'form post': async (t) => {
    needsMode(t, 'form_post');
    await login(t, await service(t), { more: { response_mode: 'form_post' } });
  },
  'DPoP, with nonces': async (t) => {
    needs(t, 'dpop_signing_alg_values_supported');
    const s = await service(t, { changes: refreshing });
    const DPoP = oauth.DPoP(s.client, await oauth.generateKeyPair('ES256'));
    const { tokens } = await login(t, s, { more: offline, DPoP });
    t.same('token_type', tokens.token_type, 'dpop');
    const again = await withNonce(() => oauth.refreshTokenGrantRequest(s.as, s.client, s.auth, tokens.refresh_token, { ...s.options, DPoP }), (response) => oauth.processRefreshTokenResponse(s.as, s.client, response));
    t.same('token_type of the second', again.token_type, 'dpop');
  },
  'DPoP, proven when the request is pushed': async (t) => {
    needs(t, 'dpop_signing_alg_values_supported', 'pushed_authorization_request_endpoint');
    const s = await service(t);
    await login(t, s, { push: true, DPoP: oauth.DPoP(s.client, await oauth.generateKeyPair('ES256')) });
  },
  'client credentials, JWT access token': async (t) => {
    needsGrant(t, 'client_credentials');
    const s = await service(t, { changes: { grant_types: ['client_credentials'], resources: [t.resource] } });
    const response = await oauth.clientCredentialsGrantRequest(s.as, s.client, s.auth, new URLSearchParams({ resource: t.resource }), s.options);
    const tokens = await oauth.processClientCredentialsResponse(s.as, s.client, response);
    const request = new Request(t.resource, { headers: { authorization: `Bearer ${tokens.access_token}` } });
    const claims = await oauth.validateJwtAccessToken(s.as, request, t.resource, s.options); // RFC 9068 4
    t.same('it is for this service', claims.client_id, s.party.id);
  },
  'introspection and revocation': async (t) => {
    needs(t, 'introspection_endpoint', 'revocation_endpoint');
    const s = await service(t, { changes: refreshing });
    const { tokens } = await login(t, s, { more: offline });
    const active = async () => {
      const response = await oauth.introspectionRequest(s.as, s.client, s.auth, tokens.access_token, s.options);
      return (await oauth.processIntrospectionResponse(s.as, s.client, response)).active;
    };
    t.same('before', await active(), true);
    await oauth.processRevocationResponse(await oauth.revocationRequest(s.as, s.client, s.auth, tokens.refresh_token, s.options));
    t.same('after', await active(), false);
  },
  'introspection, signed (RFC 9701)': async (t) => {
    needs(t, 'introspection_endpoint', 'introspection_signing_alg_values_supported');
    const s = await service(t, { changes: { introspection_signed_response_alg: 'ES256' }, metadata: { introspection_signed_response_alg: 'ES256' } });
    const { tokens } = await login(t, s);
    const response = await oauth.introspectionRequest(s.as, s.client, s.auth, tokens.access_token, { ...s.options, requestJwtResponse: true });
    const said = await oauth.processIntrospectionResponse(s.as, s.client, response);
    await oauth.validateApplicationLevelSignature(s.as, response, s.options);
    t.same('active', said.active, true);
  },
  'device flow': async (t) => {
    needs(t, 'device_authorization_endpoint');
    const s = await service(t, { changes: { grant_types: [grant.device] } });
    const device = await oauth.processDeviceAuthorizationResponse(s.as, s.client, await oauth.deviceAuthorizationRequest(s.as, s.client, s.auth, { scope: 'openid email' }, s.options));
    const poll = async () => oauth.processDeviceCodeResponse(s.as, s.client, await oauth.deviceCodeGrantRequest(s.as, s.client, s.auth, device.device_code, s.options));
    t.same('before she agrees', await poll().then(() => 'taken', (error) => error.error), 'authorization_pending');
    await typesCode(t, device);
    await new Promise((resolve) => { setTimeout(resolve, (device.interval ?? 5) * 1000 + 200); });
    t.must('after she agreed a token comes', (await poll()).access_token);
  },
  'token exchange': async (t) => {
    needsGrant(t, grant.exchange);
    const { token, exchanging, resource } = await shown(t);
    const client = { client_id: exchanging.id };
    const response = await oauth.genericTokenEndpointRequest(t.metadata, client, oauth.ClientSecretBasic(exchanging.secret), grant.exchange,
      { subject_token: token, subject_token_type: accessToken, resource }, { [oauth.customFetch]: fetchWith() });
    const other = await oauth.processGenericTokenEndpointResponse(t.metadata, client, response);
    t.same('issued_token_type (RFC 8693 2.2.1)', other.issued_token_type, accessToken);
  },
  'private_key_jwt at every endpoint': async (t) => {
    const s = await keyed(t, { grant_types: [...refreshing.grant_types, grant.device, grant.ciba, 'client_credentials'], resources: [t.resource] });
    await everywhere(t, s);
  },
  'mutual TLS at every endpoint, by the aliases': async (t) => {
    const { certificate, changes } = await tlsClient(t, 'tls_client_auth');
    const more = { grant_types: [...refreshing.grant_types, grant.device, grant.ciba, 'client_credentials'], resources: [t.resource] };
    await everywhere(t, await service(t, { changes: { ...changes, ...more }, certificate, how: () => oauth.TlsClientAuth(), metadata: { use_mtls_endpoint_aliases: true } }));
  },
  'CIBA, polled': async (t) => {
    needs(t, 'backchannel_authentication_endpoint');
    const s = await service(t, { changes: { grant_types: ['authorization_code', grant.ciba] } });
    const browser = t.browser();
    const { tokens: before, claims } = await login(t, s, { browser });
    const binding = bound();
    const asked = await asksAtCounter(s, before.id_token, binding);
    t.same('before she agrees', await fetchesFromCounter(s, asked).then(() => 'taken', (error) => error.error), 'authorization_pending');
    await browser.allowAsked(binding);
    await new Promise((resolve) => { setTimeout(resolve, (asked.interval ?? 5) * 1000 + 200); });
    t.same('she is the same', oauth.getValidatedIdTokenClaims(await fetchesFromCounter(s, asked)).sub, claims.sub);
  },
  'DPoP with the device flow': async (t) => {
    needs(t, 'device_authorization_endpoint', 'dpop_signing_alg_values_supported');
    const s = await service(t, { changes: { grant_types: [grant.device], dpop_bound_access_tokens: true } });
    const DPoP = oauth.DPoP(s.client, await oauth.generateKeyPair('ES256'));
    const device = await asksForDevice(s);
    await typesCode(t, device);
    const tokens = await withNonce(() => oauth.deviceCodeGrantRequest(s.as, s.client, s.auth, device.device_code, { ...s.options, DPoP }), (response) => oauth.processDeviceCodeResponse(s.as, s.client, response));
    t.same('token_type', tokens.token_type, 'dpop');
  },
  'FAPI 2.0: pushed, private_key_jwt, DPoP': async (t) => {
    needs(t, 'pushed_authorization_request_endpoint', 'dpop_signing_alg_values_supported');
    const s = await keyed(t, { profile: 'fapi2', require_pushed_authorization_requests: true, dpop_bound_access_tokens: true });
    await login(t, s, { push: true, DPoP: oauth.DPoP(s.client, await oauth.generateKeyPair('ES256')) });
  },
  'a native program on whatever port is free (RFC 8252)': async (t) => {
    const s = await service(t, { changes: native, how: () => oauth.None() });
    const DPoP = oauth.DPoP(s.client, await oauth.generateKeyPair('ES256'));
    for (const port of [51004, 1025]) {
      s.party.redirect = `http://127.0.0.1:${port}/answer`;
      const { tokens } = await login(t, s, { more: offline, DPoP });
      await withNonce(() => oauth.refreshTokenGrantRequest(s.as, s.client, s.auth, tokens.refresh_token, { ...s.options, DPoP }), (response) => oauth.processRefreshTokenResponse(s.as, s.client, response));
    }
  },
  'signed UserInfo, ES256': async (t) => {
    const signed = { userinfo_signed_response_alg: 'ES256' };
    await login(t, await service(t, { changes: signed, metadata: signed }));
  },
  'encrypted ID token and UserInfo': async (t) => {
    needs(t, 'id_token_encryption_alg_values_supported', 'userinfo_encryption_alg_values_supported');
    const { jwk, open } = await lock('ECDH-ES');
    const signed = { userinfo_signed_response_alg: 'ES256' };
    const s = await service(t, { metadata: signed, changes: { ...signed, jwks: { keys: [jwk] }, id_token_encrypted_response_alg: 'ECDH-ES', userinfo_encrypted_response_alg: 'ECDH-ES' } });
    const { tokens } = await login(t, s, { open });
    t.same('the ID token that came is encrypted', tokens.id_token.split('.').length, 5);
  },
  'encrypted authorization response (JARM)': async (t) => {
    needs(t, 'authorization_encryption_alg_values_supported');
    const { jwk, open } = await lock('ECDH-ES+A256KW');
    const signed = { authorization_signed_response_alg: 'ES256' };
    const s = await service(t, { metadata: signed, changes: { ...signed, jwks: { keys: [jwk] }, authorization_encrypted_response_alg: 'ECDH-ES+A256KW' } });
    await login(t, s, { more: { response_mode: 'jwt' }, signed: true, open });
  },
  'introspection, signed and encrypted (RFC 9701)': async (t) => {
    needs(t, 'introspection_encryption_alg_values_supported');
    const { jwk, open } = await lock('RSA-OAEP-256');
    const signed = { introspection_signed_response_alg: 'ES256' };
    const s = await service(t, { metadata: signed, changes: { ...signed, jwks: { keys: [jwk] }, introspection_encrypted_response_alg: 'RSA-OAEP-256' } });
    const { tokens } = await login(t, s);
    const response = await oauth.introspectionRequest(s.as, s.client, s.auth, tokens.access_token, { ...s.options, requestJwtResponse: true });
    const said = await oauth.processIntrospectionResponse(s.as, s.client, response, { [oauth.jweDecrypt]: open });
    t.same('active', said.active, true);
  },
  'registration': async (t) => {
    needs(t, 'registration_endpoint');
    const as = t.metadata;
    const metadata = { redirect_uris: [`https://${t.id('registered')}.rp.example/callback`], client_name: 'Registered by itself' };
    const options = { initialAccessToken: await t.invitation('muni'), [oauth.customFetch]: fetchWith() };
    const client = await oauth.processDynamicClientRegistrationResponse(await oauth.dynamicClientRegistrationRequest(as, metadata, options));
    t.must('the service has a name and a secret', client.client_id && client.client_secret);
  },
};

export const plans = [{ name: 'oauth4webapi 3.8.8 (npm)', kind: 'client', variant: 'each line a service of its own', registration: {}, modules }];
