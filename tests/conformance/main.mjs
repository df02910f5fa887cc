// Runs every module of every plan against one started server and says what came of each.
//   main.mjs BUILD [--only TEXT [--exact]] [--table] [--keep] [--verbose]
// --table writes the results into docs/conformance.md; without it they are compared with what stands there.
import { parseArgs } from 'node:util';
import { Check, runModule } from './lib/check.mjs';
import { Desk } from './lib/desk.mjs';
import { closeConnections, exchange } from './lib/http.mjs';
import { Key } from './lib/keys.mjs';
import { Party } from './lib/party.mjs';
import { Server } from './lib/server.mjs';
import { freshId, registrationOf, splitRegistration, Stage } from './lib/stage.mjs';
import { differences, writeTable } from './lib/table.mjs';
import { plans as authlib } from './clients/authlib.mjs';
import { plans as modAuthOpenidc } from './clients/mod_auth_openidc.mjs';
import { plans as guide } from './clients/guide.mjs';
import { plans as oauth4webapi } from './clients/oauth4webapi.mjs';
import { plans as oidcAgent } from './clients/oidc_agent.mjs';
import { plans as openidClient } from './clients/openid_client.mjs';
import { plans as basic } from './plans/basic.mjs';
import { plans as config } from './plans/config.mjs';
import { plans as dynamic } from './plans/dynamic.mjs';
import { plans as fapi2 } from './plans/fapi2.mjs';
import { plans as formpost } from './plans/formpost.mjs';
import { plans as logout } from './plans/logout.mjs';
import { plans as mtls } from './plans/mtls.mjs';

const AT_ONCE = 8; // modules that do not wait for the clock; those that do all begin first
const WAITS = /expired|30seconds|key-rotation/; // half a minute or more
const plans = [...config, ...basic, ...formpost, ...logout, ...dynamic, ...fapi2, ...mtls, ...openidClient, ...oauth4webapi, ...authlib, ...modAuthOpenidc, ...oidcAgent, ...guide];

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { only: { type: 'string' }, exact: { type: 'boolean' }, table: { type: 'boolean' }, keep: { type: 'boolean' }, verbose: { type: 'boolean' } },
});

// A service of its own for a module, registered as the plan has it.
async function addClient(check, plan, changes, party) {
  const id = changes.client_id ?? freshId(plan.name, check.name);
  const registration = JSON.parse(JSON.stringify(registrationOf(id, { ...plan.registration, ...changes })));
  const { client_secret: secret } = await check.server.add(registration).catch((error) => {
    const member = error.stderr?.match(/(\S+) is not a member we know/)?.[1];
    if (member) check.skip(`not offered: a registration with ${member}`);
    throw error;
  });
  return new Party(check, { id, secret, redirect: registration.redirect_uris[0], ...plan.party, ...party });
}
// ... one that registers itself (RFC 7591 3); a key is made when it needs one.
async function registerClient(check, plan, changes, party) {
  const { answer, registered, key } = await register(check, plan, changes, party.key);
  check.must('the registration endpoint answers 201 with JSON (OIDC Registration 3.2)', answer.status === 201 && registered, `${answer.status} ${answer.text}`);
  check.must('a secret comes with the time it ends at', registered.client_secret === undefined || Number.isInteger(registered.client_secret_expires_at), registered);
  check.must('address and token to manage it come both', /^https:/.test(registered.registration_client_uri) && registered.registration_access_token, registered);
  return new Party(check, { id: registered.client_id, secret: registered.client_secret, redirect: registered.redirect_uris[0], key, ...plan.party, ...party });
}
async function register(check, plan, changes = {}, own = undefined) {
  const key = own ?? (plan.party?.keyAlg ? await Key.make(plan.party.keyAlg) : undefined);
  const { said } = splitRegistration(registrationOf(freshId(plan.name, check.name), { ...plan.registration, ...(key && { jwks: { keys: [key.jwk] } }), ...changes }));
  const headers = { authorization: `Bearer ${await check.invitation(plan.registration.profile)}`, 'content-type': 'application/json' };
  const answer = await exchange(check.metadata.registration_endpoint, { headers, body: JSON.stringify({ grant_types: ['authorization_code'], response_types: ['code'], ...said }) });
  return { answer, registered: answer.status === 201 ? answer.json : undefined, key };
}

// What is known to fail, with the reason of the plan, is no surprise; that it fails no more is one.
function judged(plan, result) {
  const known = plan.known?.[result.name];
  if (!known || result.status === 'SKIPPED') return { ...result, bad: result.status === 'FAILED' };
  if (result.status === 'FAILED') return { ...result, reason: known, bad: false };
  return { ...result, reason: `was expected to fail: ${known}`, bad: true };
}

async function runOne(stage, plan, name) {
  const check = new Check(plan.name, name, { ...stage, browser: stage.browser.bind(stage), invitation: stage.registrationToken.bind(stage), id: (word) => freshId(plan.name, word) });
  check.look = async () => {
    const answer = await stage.look();
    check.metadata = answer.json;
    return answer;
  };
  check.signed = plan.signed;
  check.client = (changes = {}, party = {}) => (plan.dynamic ? registerClient : addClient)(check, plan, changes, party);
  check.clientAt = (at, changes = {}) => addClient(at, plan, changes);
  check.register = (changes) => register(check, plan, changes);
  const lacks = plan.lacks?.(stage.metadata);
  return judged(plan, await runModule(check, lacks ? () => check.skip(lacks) : plan.modules[name]));
}

const chosen = plans.flatMap((plan) => Object.keys(plan.modules).map((name) => ({ plan, name })))
  .filter(({ plan, name }) => !options.only || isChosen(`${plan.name} ${name}`));
function isChosen(name) {
  return options.exact ? name.endsWith(` ${options.only.split(' ').pop()}`) && name.startsWith(options.only.split(' ').slice(0, -1).join(' ')) : name.includes(options.only);
}

function say(result) {
  console.log(`${result.status.padEnd(7)} ${String(result.ms).padStart(6)} ms  ${result.plan.replace(/-(certification-)?test-plan$/, '')}  ${result.name}${result.reason ? `\n        ${result.reason}` : ''}`);
  if (options.verbose) for (const line of result.trail) console.log(`          ok ${line}`);
}

async function runAll(stage) {
  const results = new Map();
  const run = async (one) => {
    results.set(one, await runOne(stage, one.plan, one.name));
    say(results.get(one));
  };
  const others = chosen.filter(({ name }) => !WAITS.test(name));
  const lane = async () => {
    for (let next = others.shift(); next; next = others.shift()) await run(next);
  };
  await Promise.all([...chosen.filter(({ name }) => WAITS.test(name)).map(run), ...Array.from({ length: AT_ONCE }, lane)]);
  return chosen.map((one) => results.get(one));
}

// What the server logged that no test of the outside would see.
function troubles(server) {
  return server.log().split('\n').filter((line) => /"level":"error"|AddressSanitizer|runtime error|LeakSanitizer/.test(line));
}

const server = await Server.start(positionals[0]);
const desk = await Desk.open(server.authority);
let failed = 1;
try {
  const stage = new Stage(server, desk);
  await stage.look();
  await stage.prepare();
  const results = await runAll(stage);
  const bad = results.filter((one) => one.bad);
  const wrong = options.only ? [] : options.table ? writeTable(plans, results) : differences(plans, results);
  for (const line of wrong) console.log(`docs/conformance.md: ${line}`);
  if (wrong.length) console.log('tests/conformance/run --table writes the page anew');
  const noise = troubles(server);
  for (const line of noise) console.log(`the server logged: ${line}`);
  const count = (status) => results.filter((one) => one.status === status).length;
  console.log(`\n${results.reduce((sum, one) => sum + one.checked, 0)} checks; ${count('PASSED')} passed, ${count('WARNING')} with a warning, ${count('SKIPPED')} skipped, ${count('FAILED')} failed, ${bad.length} of them unexpected`);
  failed = bad.length + wrong.length + noise.length + (results.length === 0);
} finally {
  await desk.close();
  closeConnections();
  if (options.keep) console.log(`kept: ${server.folder}, ${server.issuer}, process ${server.process.pid}`);
  else if ((await server.stop()) !== 0) failed += 1;
}
process.exit(failed ? 1 : 0);
