// Breaks one rule of the server at a time, in a copy, and looks whether the modules that are about it fail. Takes minutes; not
// part of the tests.  node tests/conformance/broken.mjs [TEXT]
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');
const copy = `${root}/build/broken`;

const fapi = (name) => `fapi2-security-profile-final-test-plan fapi2-security-profile-final-${name}`;

// What is broken, where, how, and the modules that must fail then ("plan name" parts are separated by spaces).
const breaks = [
  ['every address is a registered one', 'idp/rules/client.c', 'return has(c->redirect_uris, c->redirect_count, uri);', 'return view_is(uri) && c->redirect_count > 0;',
    ['oidcc-basic-certification-test-plan oidcc-ensure-registered-redirect-uri']],
  ['every log-out address is a registered one', 'idp/rules/client.c', 'return has(c->logout_uris, c->logout_count, uri);', 'return view_is(uri) && c->logout_count > 0;',
    ['oidcc-rp-initiated-logout-bad-post-logout-redirect-uri', 'oidcc-rp-initiated-logout-query-added-to-post-logout-redirect-uri']],
  ['the signature of a hint is not looked at', 'idp/tokens/id_token.c', 'if ((e = jws_verify(&jws, key)))', 'if (!key && (e = jws_verify(&jws, key)))', ['oidcc-rp-initiated-logout-bad-id-token-hint']],
  ['a code is good twice', 'idp/endpoints/token_code.c', 'c->refusal = verdict == CODE_REDEEMED ? REFUSAL_NONE : REFUSAL_CODE_REPLAYED;', 'c->refusal = verdict == CODE_REDEEMED ? REFUSAL_NONE : REFUSAL_NONE;',
    ['oidcc-basic-certification-test-plan oidcc-codereuse', 'oidcc-basic-certification-test-plan oidcc-codereuse-30seconds']],
  ['max_age means nothing', 'idp/rules/step.c', 'if (f->max_age < 0)', 'if (f->max_age < INT64_MAX)', ['oidcc-basic-certification-test-plan oidcc-max-age-1']],
  ['prompt=login means nothing', 'idp/rules/step.c', 'return (f->prompt & PROMPT_LOGIN) || f->other_wanted', 'return f->other_wanted', ['oidcc-basic-certification-test-plan oidcc-prompt-login']],
  ['prompt=none shows pages', 'idp/rules/step.c', 'bool silent = f->prompt & PROMPT_NONE;', 'bool silent = false && f->prompt;', ['oidcc-basic-certification-test-plan oidcc-prompt-none-not-logged-in', 'oidcc-rp-initiated-logout oidcc-rp-initiated-logout']],
  ['the ID token has no nonce', 'idp/tokens/id_token.c', 'json_pair(&o, "nonce", t->nonce);', '', ['oidcc-basic-certification-test-plan oidcc-server']],
  ['the ID token is for somebody else', 'idp/tokens/id_token.c', 'json_pair(&o, "aud", t->client_id);', 'json_pair(&o, "aud", t->sub);', ['oidcc-basic-certification-test-plan oidcc-server']],
  ['state gets lost', 'idp/endpoints/response.c', '{"state", request->state}', '{"state", VIEW_NONE}', ['oidcc-basic-certification-test-plan oidcc-server', 'oidcc-prompt-none-not-logged-in']],
  ['refresh tokens belong to everybody', 'sessions/token.c', 'if (!view_equal(facts->family.client, client))', 'if (!view_is(client))', ['oidcc-basic-certification-test-plan oidcc-refresh-token']],
  ['a notice of log-out has no sid', 'idp/tokens/logout_token.c', 'json_pair(&o, "sid", t->sid);', '', ['oidcc-backchannel-rp-initiated-logout']],
  ['a notice of log-out has a nonce', 'idp/tokens/logout_token.c', 'json_pair(&o, "sid", t->sid);', 'json_pair(&o, "sid", t->sid);\n    json_pair_text(&o, "nonce", jti);', ['oidcc-backchannel-rp-initiated-logout']],
  ['tokens may be kept', 'http/answer.c', '"no-store"', '"max-age=60"', ['oidcc-basic-certification-test-plan oidcc-server']],
  ['UserInfo names somebody else', 'idp/endpoints/userinfo.c', 'json_pair(&o, "sub", c->token.sub);', 'json_pair(&o, "sub", VIEW("somebody"));', ['oidcc-basic-certification-test-plan oidcc-userinfo-get']],
  ['the issuer of a response is another', 'idp/endpoints/response.c', '{"iss", v->op->issuer}', '{"iss", VIEW("https://elsewhere.example")}', ['oidcc-basic-certification-test-plan oidcc-server']],
  ['an assertion may be addressed to anybody', 'idp/rules/client_assertion.c', 'if ((r = decide_audience(t, f)) || (r = decide_time(t, f)))', 'if ((r = decide_time(t, f)) || (t->n_aud > 99 && (r = decide_audience(t, f))))',
    ['ensure-client-assertion-with-wrong-aud-fails', 'par-test-array-as-audience-fails', 'par-test-par-endpoint-url-as-audience-fails', 'par-test-token-endpoint-url-as-audience-fails'].map(fapi)],
  ['an assertion is good at any time', 'idp/rules/client_assertion.c', 'if ((r = decide_audience(t, f)) || (r = decide_time(t, f)))', 'if ((r = decide_audience(t, f)) || (t->n_aud > 99 && (r = decide_time(t, f))))',
    ['ensure-client-assertion-with-exp-is-5-minutes-in-past-fails', 'par-ensure-jwt-client-assertions-nbf-over-60-seconds-in-the-future-fails'].map(fapi)],
  ['an assertion needs no sub', 'idp/rules/client_assertion.c', 'read_text(claims, "sub", &out->sub)', 'read_text(claims, json_member(claims, "sub") ? "sub" : "iss", &out->sub)', ['ensure-client-assertion-with-no-sub-fails'].map(fapi)],
  ['PKCE may be plain', 'idp/rules/authorization_request.c', 'if (!view_equal_text(p->code_challenge_method, "S256"))', 'if (view_equal_text(p->code_challenge_method, "S512"))', ['par-plain-pkce-rejected'].map(fapi)],
  ['a verifier is not compared', 'idp/rules/token_request.c', 'return verifier_decide(code->challenge, p->code_verifier);', '(void)verifier_decide;\n    return REFUSAL_NONE;',
    ['ensure-pkce-code-verifier-required', 'incorrect-pkce-code-verifier-rejected'].map(fapi)],
  ['a code belongs to everybody', 'idp/rules/token_request.c', 'if (!view_equal(code->client_id, client->id))', 'if (!view_is(client->id))', ['ensure-authorization-code-is-bound-to-client'].map(fapi)],
  ['a code lives for ever', 'idp/rules/token_request.c', 'if (now >= code->expires_at)', 'if (now >= code->expires_at + 86400)', ['ensure-token-endpoint-fails-with-expired-auth-code'].map(fapi)],
  ['a pushed request belongs to everybody', 'sessions/pushed.c', 'if (!view_equal(p->client, client))', 'if (!view_is(client))', ['par-attempt-to-use-request_uri-for-different-client'].map(fapi)],
  ['a pushed request lives for ever', 'sessions/pushed.c', 'if (now >= p->expires_at || ', 'if (now >= p->expires_at + 86400 || ', ['par-attempt-to-use-expired-request_uri'].map(fapi)],
  ['a request object may come from anybody, for anybody', 'idp/rules/request_object.c', 'return (no = decide_parties(o, f)) ? no : decide_time(o, f);', 'no = decide_parties(o, f) ? REFUSAL_NONE : REFUSAL_NONE;\n    return no ? no : decide_time(o, f);',
    ['fapi2-message-signing-final-test-plan fapi2-security-profile-final-ensure-request-object-with-bad-aud-fails']],
  ['a request object is good at any time', 'idp/rules/request_object.c', 'return (no = decide_parties(o, f)) ? no : decide_time(o, f);', '(void)decide_time;\n    return (no = decide_parties(o, f)) ? no : REFUSAL_NONE;',
    ['without-exp-fails', 'without-nbf-fails', 'with-exp-over-60-fails', 'with-nbf-over-60-fails'].map((name) => `fapi2-message-signing-final-test-plan fapi2-security-profile-final-ensure-request-object-${name}`)],
  ['a fragment may be registered', 'idp/state/registration_value.c', 'if (view_is(url.fragment) && !reference)', 'if (view_is(url.fragment) && !reference && url.host.n == 0)', ['oidcc-dynamic-certification-test-plan oidcc-redirect-uri-regfrag']],
];

const run = (command, words, options = {}) => execFileSync(command, words, { cwd: copy, stdio: ['ignore', 'pipe', 'pipe'], encoding: 'utf8', ...options });

function makeCopy() {
  mkdirSync(`${root}/build`, { recursive: true });
  spawnSync('git', ['worktree', 'remove', '--force', copy], { cwd: root });
  run('git', ['worktree', 'add', '--detach', '--force', copy, 'HEAD'], { cwd: root });
  run('cmake', ['--preset', 'release']);
  run('cmake', ['--build', 'build/release', '--target', 'genkan', 'testpki']);
}

// Which modules of WANTED did not fail.
function survivors(wanted) {
  return wanted.filter((name) => {
    const done = spawnSync('node', [`${root}/tests/conformance/main.mjs`, `${copy}/build/release`, '--only', name, '--exact'], { encoding: 'utf8' });
    return !/^FAILED/m.test(done.stdout);
  });
}

function tryOne([what, file, from, to, wanted]) {
  const path = `${copy}/${file}`;
  const text = readFileSync(path, 'utf8');
  if (!text.includes(from)) return `${what}: ${file} has changed, and "${from}" is not in it`;
  writeFileSync(path, text.replaceAll(from, to));
  try {
    run('cmake', ['--build', 'build/release', '--target', 'genkan']);
    const alive = survivors(wanted);
    return alive.length ? `${what}: not noticed by ${alive.join(', ')}` : '';
  } catch (error) {
    return `${what}: ${error.stdout ?? error}`;
  } finally {
    writeFileSync(path, text);
  }
}

makeCopy();
let failed = 0;
for (const one of breaks.filter(([what, file]) => !process.argv[2] || new RegExp(process.argv[2]).test(`${what} ${file}`))) {
  const wrong = tryOne(one);
  console.log(wrong ? `NOT NOTICED  ${wrong}` : `noticed      ${one[0]}: ${one[4].map((name) => name.split(' ').pop()).join(', ')}`);
  if (wrong) failed += 1;
}
run('git', ['worktree', 'remove', '--force', copy], { cwd: root });
process.exit(failed ? 1 : 0);
