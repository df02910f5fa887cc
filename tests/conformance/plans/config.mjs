// oidcc-config-certification-test-plan, and the discovery modules of the other plans (OIDC Discovery 3, RFC 8414 2).
import * as jose from 'jose';
import { exchange } from '../lib/http.mjs';

const isTextList = (value) => Array.isArray(value) && value.length > 0 && value.every((one) => typeof one === 'string' && one !== '');
const isHttps = (value) => {
  try {
    return new URL(value).protocol === 'https:';
  } catch {
    return false;
  }
};
const responseTypes = ['code', 'code id_token', 'id_token', 'token id_token', 'id_token token', 'code id_token token', 'code token', 'none'];

// What RFC 8414, OIDC Discovery and their extensions define, by type.
const urls = ['issuer', 'authorization_endpoint', 'token_endpoint', 'userinfo_endpoint', 'jwks_uri', 'registration_endpoint', 'end_session_endpoint', 'introspection_endpoint',
  'revocation_endpoint', 'pushed_authorization_request_endpoint', 'device_authorization_endpoint', 'backchannel_authentication_endpoint', 'grant_management_endpoint',
  'service_documentation', 'op_policy_uri', 'op_tos_uri', 'check_session_iframe'];
const lists = ['scopes_supported', 'response_types_supported', 'response_modes_supported', 'grant_types_supported', 'acr_values_supported', 'subject_types_supported',
  'token_endpoint_auth_methods_supported', 'token_endpoint_auth_signing_alg_values_supported', 'display_values_supported', 'claim_types_supported', 'claims_supported',
  'claims_locales_supported', 'ui_locales_supported', 'code_challenge_methods_supported', 'prompt_values_supported', 'dpop_signing_alg_values_supported',
  'authorization_details_types_supported', 'backchannel_token_delivery_modes_supported', 'grant_management_actions_supported', 'protected_resources',
  'revocation_endpoint_auth_methods_supported', 'revocation_endpoint_auth_signing_alg_values_supported', 'introspection_endpoint_auth_methods_supported',
  'introspection_endpoint_auth_signing_alg_values_supported', 'backchannel_authentication_request_signing_alg_values_supported',
  'trust_frameworks_supported', 'evidence_supported', 'electronic_records_supported', 'claims_in_verified_claims_supported', 'attachments_supported', 'documents_supported',
  ...['id_token', 'userinfo', 'request_object', 'introspection', 'authorization'].flatMap((what) => ['signing_alg', 'encryption_alg', 'encryption_enc'].map((kind) => `${what}_${kind}_values_supported`))];
const flags = ['claims_parameter_supported', 'request_parameter_supported', 'request_uri_parameter_supported', 'require_request_uri_registration',
  'authorization_response_iss_parameter_supported', 'require_pushed_authorization_requests', 'require_signed_request_object', 'tls_client_certificate_bound_access_tokens',
  'backchannel_logout_supported', 'backchannel_logout_session_supported', 'frontchannel_logout_supported', 'frontchannel_logout_session_supported',
  'backchannel_user_code_parameter_supported', 'verified_claims_supported', 'grant_management_action_required'];
const others = ['mtls_endpoint_aliases', 'electronic_record_types_supported'];

export const httpsEndpoints = (t) => {
  for (const name of Object.keys(t.metadata).filter((one) => one.endsWith('_endpoint'))) t.must(`${name} is https`, isHttps(t.metadata[name]), t.metadata[name]);
};

function schema(t) {
  const m = t.metadata;
  for (const name of urls) t.must(`${name} is https`, m[name] === undefined || isHttps(m[name]), m[name]);
  for (const name of lists) t.must(`${name} is a list of texts, none empty (RFC 8414 3.2)`, m[name] === undefined || isTextList(m[name]), m[name]);
  for (const name of lists) t.must(`${name} has nothing twice`, m[name] === undefined || new Set(m[name]).size === m[name].length, m[name]);
  for (const name of flags) t.must(`${name} is true or false`, m[name] === undefined || typeof m[name] === 'boolean', m[name]);
  const strange = Object.keys(m).filter((name) => ![...urls, ...lists, ...flags, ...others].includes(name));
  t.should(`nothing stands there that no standard defines: ${strange}`, strange.length === 0);
}

// A key set as others may have it: unique names, no private part, keys that can be used.
export async function keySet(t) {
  t.must('jwks_uri is https', isHttps(t.metadata.jwks_uri), t.metadata.jwks_uri);
  const answer = await exchange(t.metadata.jwks_uri);
  t.must('the key set is JSON with keys', answer.status === 200 && Array.isArray(answer.json?.keys) && answer.json.keys.length > 0, answer.text);
  t.must('its type is JSON', ['application/json', 'application/jwk-set+json'].includes(answer.type), answer.type);
  const { keys } = answer.json;
  for (const key of keys) {
    t.must('a key is public and asymmetric', !['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'].some((part) => part in key) && key.kty !== 'oct', key);
    t.must('a key has a kid and says what it is for', typeof key.kid === 'string' && key.kid !== '' && ['sig', 'enc'].includes(key.use), key);
    t.must('a key can be read', await jose.importJWK(key, key.alg ?? (key.use === 'enc' ? 'ECDH-ES' : undefined)).then(() => true, () => false), key);
  }
  t.same('no two keys have the same kid', new Set(keys.map((key) => key.kid)).size, keys.length);
  return keys;
}

// oidcc-discovery-endpoint-verification; DYNAMIC: with what a dynamic provider must support (OIDC Core 15.2).
export const discovery = (dynamic) => async (t) => {
  const answer = await t.look();
  t.must('discovery answers 200 with JSON (OIDC Discovery 4.2)', answer.status === 200 && answer.type === 'application/json' && answer.json, `${answer.status} ${answer.type}`);
  const m = answer.json;
  t.same('issuer is the address it was asked at, without the path (4.3)', m.issuer, t.issuer);
  t.must('issuer is https without query and fragment (RFC 8414 2)', isHttps(m.issuer) && !/[?#]/.test(m.issuer), m.issuer);
  schema(t);
  t.must('response_types_supported has what OpenID Connect knows', m.response_types_supported?.some((type) => responseTypes.includes(type)), m.response_types_supported);
  if (dynamic) t.must('response_types_supported has code (OIDC Core 15.2)', m.response_types_supported.includes('code'), m.response_types_supported);
  t.must('subject_types_supported has pairwise or public', m.subject_types_supported?.every((type) => ['pairwise', 'public'].includes(type)), m.subject_types_supported);
  t.must('id_token_signing_alg_values_supported has RS256', m.id_token_signing_alg_values_supported?.includes('RS256'), m.id_token_signing_alg_values_supported);
  for (const name of ['authorization_endpoint', 'token_endpoint', 'userinfo_endpoint']) t.must(`${name} is there`, isHttps(m[name]), m[name]);
  if (dynamic) t.must('registration_endpoint is there', isHttps(m.registration_endpoint), m.registration_endpoint);
  await keySet(t);
  t.should('request objects may be signed by RS256, where they may be signed', m.request_object_signing_alg_values_supported?.includes('RS256') !== false);
  t.should('claims_supported is there', isTextList(m.claims_supported));
  t.must('grant_types_supported, where it is, is a list', m.grant_types_supported === undefined || isTextList(m.grant_types_supported), m.grant_types_supported);
  if (dynamic) t.must('grant_types_supported has authorization_code', m.grant_types_supported === undefined || m.grant_types_supported.includes('authorization_code'), m.grant_types_supported);
  t.should('scopes_supported is there', m.scopes_supported !== undefined);
  t.must('scopes_supported has openid', m.scopes_supported === undefined || m.scopes_supported.includes('openid'), m.scopes_supported);
  t.must('scopes are words of RFC 6749 3.3', (m.scopes_supported ?? []).every((scope) => /^[\x21\x23-\x5b\x5d-\x7e]+$/.test(scope)), m.scopes_supported);
  for (const tag of [...(m.ui_locales_supported ?? []), ...(m.claims_locales_supported ?? [])]) {
    t.must('a locale is a tag of BCP 47, in its canonical form', Intl.getCanonicalLocales(tag)[0] === tag, tag);
  }
  httpsEndpoints(t);
  t.must('code_challenge_methods_supported is a list', isTextList(m.code_challenge_methods_supported), m.code_challenge_methods_supported);
};

export const plans = [
  {
    name: 'oidcc-config-certification-test-plan',
    variant: 'server_metadata=discovery, client_registration=static_client',
    modules: { 'oidcc-discovery-endpoint-verification': discovery(false) },
  },
];
