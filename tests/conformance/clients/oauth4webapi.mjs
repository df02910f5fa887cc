// oauth4webapi (npm): the protocol piece by piece, each answer looked at by the library's own checks.
import * as oauth from 'oauth4webapi';
import { fetchWith } from '../lib/http.mjs';
import { Key } from '../lib/keys.mjs';
import { accessToken, grant, needs, needsAssertions, needsAuth, needsGrant, needsMode, offline, refreshing, shown, tlsClient, typesCode, visits } from './common.mjs';

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
// The parameters of the answer, once the library has looked at them.
async function received({ as, client, options }, browser, kept, { signed } = {}) {
  const came = browser.elsewhere.fields ? new URLSearchParams(browser.elsewhere.fields) : new URL(browser.elsewhere.url).searchParams;
  return signed ? oauth.validateJwtAuthResponse(as, client, came, kept.state, options) : oauth.validateAuthResponse(as, client, came, kept.state);
}
async function login(t, s, { more, DPoP, ...way } = {}) {
  const { party, as, client, auth, options } = s;
  const { kept, params } = await prepared(party, more);
  const browser = await visits(t, address(as, await sent(s, params, { ...way, DPoP })));
  const answer = await received(s, browser, kept, way);
  const tokens = await withNonce(() => oauth.authorizationCodeGrantRequest(as, client, auth, answer, party.redirect, kept.verifier, { ...options, DPoP }),
    (response) => oauth.processAuthorizationCodeResponse(as, client, response, { expectedNonce: kept.nonce, requireIdToken: true }));
  const claims = oauth.getValidatedIdTokenClaims(tokens);
  const info = await withNonce(() => oauth.userInfoRequest(as, client, tokens.access_token, { ...options, DPoP }), (response) => oauth.processUserInfoResponse(as, client, claims.sub, response));
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
