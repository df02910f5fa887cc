// openid-client (npm), the library of most JavaScript services: every grant, request and client authentication it has.
import * as jose from 'jose';
import * as oidc from 'openid-client';
import { verifiedClaims } from '../lib/assurance.mjs';
import { fetchWith } from '../lib/http.mjs';
import { Key } from '../lib/keys.mjs';
import { logoutToken } from '../plans/logout.mjs';
import { Party } from '../lib/party.mjs';
import { accessToken, bound, grant, lock, native, needs, needsAssertions, needsAuth, needsGrant, needsMode, offline, refreshing, shown, tlsClient, typesCode, visits } from './common.mjs';

// A service registered with CHANGES, and the library configured for it. HOW: how it authenticates; CERTIFICATE for TLS.
async function configured(t, { changes = {}, how = (party) => oidc.ClientSecretBasic(party.secret), metadata = {}, certificate } = {}) {
  const party = await t.client({ require_pkce: true, ...changes });
  const fetcher = fetchWith(certificate);
  const config = await oidc.discovery(new URL(t.issuer), party.id, { redirect_uris: [party.redirect], id_token_signed_response_alg: changes.id_token_signed_response_alg, ...metadata },
    await how(party), { [oidc.customFetch]: fetcher });
  config[oidc.customFetch] = fetcher;
  return { party, config };
}

// What a login sends along, and what is kept for the way back.
async function request(party, more = {}) {
  const kept = { pkceCodeVerifier: oidc.randomPKCECodeVerifier(), expectedState: oidc.randomState(), expectedNonce: oidc.randomNonce() };
  const params = { redirect_uri: party.redirect, scope: 'openid email', state: kept.expectedState, nonce: kept.expectedNonce,
    code_challenge: await oidc.calculatePKCECodeChallenge(kept.pkceCodeVerifier), code_challenge_method: 'S256', ...more };
  return { kept, params };
}
const cameBack = (browser) => new URL(browser.elsewhere.url);

// A login by the code flow; BUILD makes the address.
async function login(t, { party, config }, { build = oidc.buildAuthorizationUrl, more, options, browser } = {}) {
  const { kept, params } = await request(party, more);
  const back = await visits(t, await build(config, params), browser);
  const tokens = await oidc.authorizationCodeGrant(config, cameBack(back), kept, undefined, options);
  t.must('the library takes the tokens', tokens.access_token && tokens.claims().sub);
  const info = await oidc.fetchUserInfo(config, tokens.access_token, tokens.claims().sub, options);
  t.same('UserInfo has what was asked for', info.email, 'hanako@example.jp');
  return { tokens, info };
}
const codeFlow = (options, how) => async (t) => {
  await login(t, await configured(t, options), how);
};

// What is registered of a key, and how the library uses it.
const withKey = (alg) => async (t) => {
  needsAssertions(t, alg);
  const key = await Key.make(alg);
  await login(t, await configured(t, { changes: { token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [key.jwk] } }, how: () => oidc.PrivateKeyJwt({ key: key.privateKey, kid: key.kid }) }));
};

const keyClient = async (more = {}) => {
  const key = await Key.make('ES256');
  return { key, changes: { token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [key.jwk] }, ...more }, how: () => oidc.PrivateKeyJwt({ key: key.privateKey, kid: key.kid }) };
};

// A key of the service's, and what comes encrypted to it.
const encryptedAnswers = (alg, enc) => async (t) => {
  needs(t, 'id_token_encryption_alg_values_supported', 'userinfo_encryption_alg_values_supported');
  const pair = await jose.generateKeyPair(alg, { extractable: true });
  const jwk = { ...(await jose.exportJWK(pair.publicKey)), use: 'enc', alg, kid: 'enc' };
  const { party, config } = await configured(t, { changes: { jwks: { keys: [jwk] }, id_token_encrypted_response_alg: alg, id_token_encrypted_response_enc: enc,
    userinfo_signed_response_alg: 'ES256', userinfo_encrypted_response_alg: alg, userinfo_encrypted_response_enc: enc }, metadata: { userinfo_signed_response_alg: 'ES256' } });
  oidc.enableDecryptingResponses(config, [enc], { key: pair.privateKey, alg, kid: 'enc' });
  const { tokens } = await login(t, { party, config });
  t.same('the ID token that came is encrypted', tokens.id_token.split('.').length, 5);
};

// ID token and UserInfo signed with ALG, verified by the library with our published keys.
const signedWith = (alg) => async (t) => {
  const changes = { id_token_signed_response_alg: alg, userinfo_signed_response_alg: alg };
  await login(t, await configured(t, { changes, metadata: { userinfo_signed_response_alg: alg } }));
};

// A request that is signed, then encrypted by the npm package jose to a key of ours, with each algorithm in turn.
const encryptedRequest = async (t) => {
  needs(t, 'request_object_encryption_alg_values_supported');
  const key = await Key.make('ES256');
  const { keys } = await (await fetchWith()(t.metadata.jwks_uri)).json();
  const service = await configured(t, { changes: { jwks: { keys: [key.jwk] }, request_object_signing_alg: 'ES256' } });
  for (const alg of t.metadata.request_object_encryption_alg_values_supported) {
    const jwk = keys.find((one) => one.use === 'enc' && (one.kty === 'RSA') === alg.startsWith('RSA'));
    const build = async (config, params) => {
      const url = await oidc.buildAuthorizationUrlWithJAR(config, params, { key: key.privateKey, kid: key.kid });
      const object = new TextEncoder().encode(url.searchParams.get('request'));
      const sealed = await new jose.CompactEncrypt(object).setProtectedHeader({ alg, enc: 'A256GCM', kid: jwk.kid, cty: 'oauth-authz-req+jwt' }).encrypt(await jose.importJWK(jwk, alg));
      url.searchParams.set('request', sealed);
      return url;
    };
    await login(t, service, { build });
  }
};

// mutual TLS: the library is told to prefer the aliases of the endpoints (RFC 8705 5).
const mutualTls = (kind) => async (t) => {
  const { certificate, changes } = await tlsClient(t, kind);
  await login(t, await configured(t, { changes, certificate, how: () => oidc.TlsClientAuth(), metadata: { use_mtls_endpoint_aliases: true } }));
};

const everyGrant = (t) => ({ grant_types: [...refreshing.grant_types, grant.device, grant.ciba, 'client_credentials'], resources: [t.resource] });
// One client authentication at every endpoint that asks for one; with a key that the tokens are bound to, if OPTIONS say so.
async function everywhere(t, { party, config }, options) {
  const browser = t.browser();
  const { tokens } = await login(t, { party, config }, { build: (c, params) => oidc.buildAuthorizationUrlWithPAR(c, params, options), more: offline, options, browser });
  const again = await oidc.refreshTokenGrant(config, tokens.refresh_token, undefined, options);
  t.same('active', (await oidc.tokenIntrospection(config, again.access_token)).active, true);
  t.must('a token of its own', (await oidc.clientCredentialsGrant(config, { resource: t.resource }, options)).access_token);
  const binding = bound();
  const asked = await oidc.initiateBackchannelAuthentication(config, { scope: 'openid email', id_token_hint: tokens.id_token, binding_message: binding });
  await browser.allowAsked(binding);
  t.must('she agrees at a counter', (await oidc.pollBackchannelAuthenticationGrant(config, asked, undefined, options)).access_token);
  const device = await oidc.initiateDeviceAuthorization(config, { scope: 'openid email' });
  await typesCode(t, device);
  t.must('and for a device', (await oidc.pollDeviceAuthorizationGrant(config, device, undefined, options)).access_token);
  await oidc.tokenRevocation(config, again.refresh_token ?? tokens.refresh_token);
}

const modules = {
  'code with PKCE, client_secret_basic': codeFlow({}),
  'code with PKCE, client_secret_post': codeFlow({ changes: { token_endpoint_auth_method: 'client_secret_post' }, how: (party) => oidc.ClientSecretPost(party.secret) }),
  'code with PKCE, none (a public client)': async (t) => {
    needsAuth(t, 'none');
    await login(t, await configured(t, { changes: { token_endpoint_auth_method: 'none' }, how: () => oidc.None() }));
  },
  'code with PKCE, ID token by ES256': codeFlow({ changes: { id_token_signed_response_alg: 'ES256' } }),
  'private_key_jwt, ES256': withKey('ES256'),
  'private_key_jwt, PS256': withKey('PS256'),
  'private_key_jwt, EdDSA': withKey('EdDSA'),
  'private_key_jwt, RS256': withKey('RS256'),
  'tls_client_auth, tokens bound to the certificate': mutualTls('tls_client_auth'),
  'self_signed_tls_client_auth, tokens bound to the certificate': mutualTls('self_signed_tls_client_auth'),
  'refresh token, rotated': async (t) => {
    const { party, config } = await configured(t, { changes: refreshing });
    const { tokens } = await login(t, { party, config }, { more: offline });
    const again = await oidc.refreshTokenGrant(config, tokens.refresh_token);
    t.must('another access token comes', again.access_token && again.access_token !== tokens.access_token);
    t.must('another refresh token comes', again.refresh_token && again.refresh_token !== tokens.refresh_token);
    const info = await oidc.fetchUserInfo(config, again.access_token, tokens.claims().sub);
    t.same('it brings the same', info.email, 'hanako@example.jp');
  },
  'pushed authorization request': async (t) => {
    needs(t, 'pushed_authorization_request_endpoint');
    await login(t, await configured(t), { build: oidc.buildAuthorizationUrlWithPAR });
  },
  'request object, signed': async (t) => {
    needs(t, 'request_parameter_supported', 'request_object_signing_alg_values_supported');
    const key = await Key.make('ES256');
    const build = (config, params) => oidc.buildAuthorizationUrlWithJAR(config, params, { key: key.privateKey, kid: key.kid });
    await login(t, await configured(t, { changes: { jwks: { keys: [key.jwk] }, request_object_signing_alg: 'ES256' } }), { build });
  },
  'request object, signed and pushed': async (t) => {
    needs(t, 'pushed_authorization_request_endpoint', 'request_object_signing_alg_values_supported');
    const key = await Key.make('ES256');
    const build = async (config, params) => {
      const url = await oidc.buildAuthorizationUrlWithJAR(config, params, { key: key.privateKey, kid: key.kid });
      return oidc.buildAuthorizationUrlWithPAR(config, url.searchParams);
    };
    await login(t, await configured(t, { changes: { jwks: { keys: [key.jwk] }, request_object_signing_alg: 'ES256' } }), { build });
  },
  'signed authorization response (JARM)': async (t) => {
    needs(t, 'authorization_signing_alg_values_supported');
    const { party, config } = await configured(t, { changes: { authorization_signed_response_alg: 'ES256' }, metadata: { authorization_signed_response_alg: 'ES256' } });
    oidc.useJwtResponseMode(config);
    await login(t, { party, config });
  },
  'form post': async (t) => {
    needsMode(t, 'form_post');
    const { party, config } = await configured(t);
    const { kept, params } = await request(party, { response_mode: 'form_post' });
    const browser = await visits(t, oidc.buildAuthorizationUrl(config, params));
    const posted = new Request(browser.elsewhere.url, { method: 'POST', body: new URLSearchParams(browser.elsewhere.fields) });
    const tokens = await oidc.authorizationCodeGrant(config, posted, kept);
    t.must('the library takes the tokens', tokens.claims().sub);
  },
  'DPoP, with nonces': async (t) => {
    needs(t, 'dpop_signing_alg_values_supported');
    const { party, config } = await configured(t, { changes: refreshing });
    const DPoP = oidc.getDPoPHandle(config, await oidc.randomDPoPKeyPair('ES256'));
    const { tokens } = await login(t, { party, config }, { more: offline, options: { DPoP } });
    t.same('token_type', tokens.token_type, 'dpop');
    const again = await oidc.refreshTokenGrant(config, tokens.refresh_token, undefined, { DPoP });
    t.same('token_type of the second', again.token_type, 'dpop');
    await oidc.fetchUserInfo(config, again.access_token, tokens.claims().sub, { DPoP });
    const bare = await oidc.fetchUserInfo(config, again.access_token, tokens.claims().sub).then(() => 'taken', () => 'refused');
    t.same('without a proof', bare, 'refused');
  },
  'FAPI 2.0: pushed, private_key_jwt, DPoP': async (t) => {
    needs(t, 'pushed_authorization_request_endpoint', 'dpop_signing_alg_values_supported');
    needsAuth(t, 'private_key_jwt');
    const { changes, how } = await keyClient({ profile: 'fapi2', require_pushed_authorization_requests: true, dpop_bound_access_tokens: true, id_token_signed_response_alg: 'ES256' });
    const { party, config } = await configured(t, { changes, how });
    const DPoP = oidc.getDPoPHandle(config, await oidc.randomDPoPKeyPair('ES256'));
    await login(t, { party, config }, { build: (c, params) => oidc.buildAuthorizationUrlWithPAR(c, params, { DPoP }), options: { DPoP } });
  },
  'client credentials': async (t) => {
    needsGrant(t, 'client_credentials');
    const { config } = await configured(t, { changes: { grant_types: ['client_credentials'], resources: [t.resource] } });
    const tokens = await oidc.clientCredentialsGrant(config, { resource: t.resource });
    t.must('a token comes, and no refresh token', tokens.access_token && !tokens.refresh_token);
  },
  'introspection and revocation': async (t) => {
    needs(t, 'introspection_endpoint', 'revocation_endpoint');
    const { party, config } = await configured(t, { changes: refreshing });
    const { tokens } = await login(t, { party, config }, { more: offline });
    t.same('before', (await oidc.tokenIntrospection(config, tokens.access_token)).active, true);
    await oidc.tokenRevocation(config, tokens.refresh_token);
    t.same('after', (await oidc.tokenIntrospection(config, tokens.access_token)).active, false);
    const again = await oidc.refreshTokenGrant(config, tokens.refresh_token).then(() => 'taken', (error) => error.error);
    t.same('the refresh token', again, 'invalid_grant');
  },
  'device flow': async (t) => {
    needs(t, 'device_authorization_endpoint');
    const { config } = await configured(t, { changes: { grant_types: [grant.device] } });
    const device = await oidc.initiateDeviceAuthorization(config, { scope: 'openid email' });
    const polled = oidc.pollDeviceAuthorizationGrant(config, device);
    await typesCode(t, device);
    const tokens = await polled;
    const info = await oidc.fetchUserInfo(config, tokens.access_token, tokens.claims().sub);
    t.same('UserInfo has what was asked for', info.email, 'hanako@example.jp');
  },
  'CIBA, polled': async (t) => {
    needs(t, 'backchannel_authentication_endpoint');
    const { config, party } = await configured(t, { changes: { grant_types: ['authorization_code', grant.ciba], backchannel_token_delivery_mode: 'poll' } });
    const browser = t.browser();
    const { tokens: before } = await login(t, { party, config }, { browser });
    const binding = bound();
    const asked = await oidc.initiateBackchannelAuthentication(config, { scope: 'openid email', id_token_hint: before.id_token, binding_message: binding });
    const polled = oidc.pollBackchannelAuthenticationGrant(config, asked);
    await browser.allowAsked(binding);
    const tokens = await polled;
    t.same('she is the same', tokens.claims().sub, before.claims().sub);
  },
  'token exchange': async (t) => {
    needsGrant(t, grant.exchange);
    const { token, exchanging, resource } = await shown(t);
    const config = await oidc.discovery(new URL(t.issuer), exchanging.id, undefined, oidc.ClientSecretBasic(exchanging.secret), { [oidc.customFetch]: fetchWith() });
    config[oidc.customFetch] = fetchWith();
    const other = await oidc.genericGrantRequest(config, grant.exchange, { subject_token: token, subject_token_type: accessToken, resource });
    t.same('issued_token_type (RFC 8693 2.2.1)', other.issued_token_type, accessToken);
  },
  ...Object.fromEntries([['RSA-OAEP-256', 'A256GCM'], ['ECDH-ES', 'A128CBC-HS256'], ['ECDH-ES+A128KW', 'A128GCM'], ['ECDH-ES+A256KW', 'A256CBC-HS512']]
    .map(([alg, enc]) => [`encrypted ID token and UserInfo, ${alg} and ${enc}`, encryptedAnswers(alg, enc)])),
  'signed UserInfo, PS256': signedWith('PS256'),
  'signed UserInfo, EdDSA': signedWith('EdDSA'),
  'encrypted request object': encryptedRequest,
  'private_key_jwt at every endpoint': async (t) => {
    const { changes, how } = await keyClient(everyGrant(t));
    await everywhere(t, await configured(t, { changes, how }));
  },
  'mutual TLS at every endpoint, by the aliases': async (t) => {
    const { certificate, changes } = await tlsClient(t, 'tls_client_auth');
    await everywhere(t, await configured(t, { changes: { ...changes, ...everyGrant(t) }, certificate, how: () => oidc.TlsClientAuth(), metadata: { use_mtls_endpoint_aliases: true } }));
  },
  'DPoP with client credentials, device flow and CIBA': async (t) => {
    needs(t, 'dpop_signing_alg_values_supported');
    const { party, config } = await configured(t, { changes: { ...everyGrant(t), dpop_bound_access_tokens: true } });
    await everywhere(t, { party, config }, { DPoP: oidc.getDPoPHandle(config, await oidc.randomDPoPKeyPair('ES256')) });
  },
  'a native program on whatever port is free (RFC 8252)': async (t) => {
    const { party, config } = await configured(t, { changes: native, how: () => oidc.None() });
    const DPoP = oidc.getDPoPHandle(config, await oidc.randomDPoPKeyPair('ES256'));
    for (const port of [51004, 1025]) {
      party.redirect = `http://127.0.0.1:${port}/answer`;
      const { tokens } = await login(t, { party, config }, { more: offline, options: { DPoP } });
      t.must('it refreshes with its key', (await oidc.refreshTokenGrant(config, tokens.refresh_token, undefined, { DPoP })).access_token);
    }
  },
  'encrypted authorization response (JARM)': async (t) => {
    needs(t, 'authorization_encryption_alg_values_supported');
    const { jwk, key } = await lock('ECDH-ES');
    const signed = { authorization_signed_response_alg: 'ES256' };
    const { party, config } = await configured(t, { metadata: signed, changes: { ...signed, jwks: { keys: [jwk] }, authorization_encrypted_response_alg: 'ECDH-ES', authorization_encrypted_response_enc: 'A256GCM' } });
    oidc.enableDecryptingResponses(config, ['A256GCM'], { key, alg: 'ECDH-ES', kid: 'enc' });
    oidc.useJwtResponseMode(config);
    await login(t, { party, config });
  },
  'signatures of everything verified (non-repudiation)': async (t) => {
    const signed = { userinfo_signed_response_alg: 'ES256', introspection_signed_response_alg: 'ES256' };
    const { party, config } = await configured(t, { changes: signed, metadata: signed });
    oidc.enableNonRepudiationChecks(config);
    const { tokens } = await login(t, { party, config });
    t.same('introspection, signed (RFC 9701)', (await oidc.tokenIntrospection(config, tokens.access_token)).active, true);
  },
  'registration': async (t) => {
    needs(t, 'registration_endpoint');
    const redirect = `https://${t.id('registered')}.rp.example/callback`;
    const config = await oidc.dynamicClientRegistration(new URL(t.issuer), { redirect_uris: [redirect], client_name: 'Registered by itself', token_endpoint_auth_method: 'client_secret_basic' }, oidc.ClientSecretBasic(),
      { initialAccessToken: await t.invitation('muni'), [oidc.customFetch]: fetchWith() });
    config[oidc.customFetch] = fetchWith();
    const { kept, params } = await request({ redirect }, { scope: 'openid' });
    const back = await visits(t, oidc.buildAuthorizationUrl(config, params));
    const tokens = await oidc.authorizationCodeGrant(config, cameBack(back), kept);
    t.must('the registered service gets a login', tokens.claims().sub);
  },
  'log-out, with a notice over the back channel': async (t) => {
    const ear = t.desk.ear(`/${t.id('ear')}/logout`);
    const { party, config } = await configured(t, { changes: { backchannel_logout_uri: ear.url, backchannel_logout_session_required: true } });
    const browser = t.browser();
    const { tokens } = await login(t, { party, config }, { browser });
    const target = `https://${party.id}.rp.example/post_logout_redirect`;
    await browser.get(oidc.buildEndSessionUrl(config, { id_token_hint: tokens.id_token, post_logout_redirect_uri: target, state: 'bye' }).href);
    t.same('she is sent back', browser.elsewhere?.url, `${target}?state=bye`);
    await logoutToken(t, new Party(t, party), await ear.next(), tokens.claims());
  },
  'third-party initiated login': async (t) => {
    const { party, config } = await configured(t);
    const call = new URL(`https://${party.id}.rp.example/login?${new URLSearchParams({ iss: t.issuer, login_hint: 'hanako' })}`); // OIDC Core 4
    t.same('the issuer is the one that is configured', call.searchParams.get('iss'), config.serverMetadata().issuer);
    await login(t, { party, config }, { more: { login_hint: call.searchParams.get('login_hint') } });
  },
  'verified claims in UserInfo and ID token (Identity Assurance)': async (t) => {
    needs(t, 'trust_frameworks_supported', 'claims_in_verified_claims_supported');
    const framework = t.metadata.trust_frameworks_supported[0];
    const signature = { type: { value: 'electronic_signature' }, signature_type: null, issuer: null, serial_number: null, created_at: null, date_of_issuance: null, date_of_expiry: null };
    const verification = { trust_framework: { value: framework }, time: { max_age: 86400 }, evidence: [signature] };
    const claims = {
      userinfo: { verified_claims: { verification, claims: { name: { essential: true }, birthdate: null, given_name: null } } },
      id_token: { verified_claims: [{ verification: { trust_framework: { value: 'jp_aml' } }, claims: { name: null } }, { verification: { trust_framework: null }, claims: { gender: null } }] },
    };
    const { tokens, info } = await login(t, await configured(t), { more: { claims: JSON.stringify(claims) } });
    const [proven] = verifiedClaims(t, info.verified_claims);
    t.same('her name is proven', proven.claims.name, '大阪　花子');
    t.same('and what nobody has is not told', Object.keys(proven.claims).sort().join(), 'birthdate,name');
    t.must('the certificate ends on her birthday, told with the birth date', proven.verification.evidence[0].date_of_expiry, proven.verification);
    t.must('nothing is told plainly that was asked as proven', info.name === undefined && info.birthdate === undefined, info);
    const inToken = verifiedClaims(t, tokens.claims().verified_claims);
    t.same('of two elements the one that can be fulfilled', inToken.length, 1);
    t.same('says only what it was asked for', JSON.stringify(inToken[0]), JSON.stringify({ verification: { trust_framework: framework }, claims: { gender: 'female' } }));
    t.must('all of it is announced', ['name', 'birthdate', 'gender'].every((name) => t.metadata.claims_in_verified_claims_supported.includes(name)), t.metadata.claims_in_verified_claims_supported);
  },
};

export const plans = [{ name: 'openid-client 6.9.0 (npm)', kind: 'client', variant: 'each line a service of its own', registration: {}, party: { idAlg: 'ES256' }, modules }];
