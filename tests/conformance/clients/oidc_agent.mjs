// oidc-agent (Debian's oidc-agent-cli): a program on a terminal, which shows a code that she types into her browser.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { grant, needs } from './common.mjs';

// Runs COMMAND; SEEN is called with all it has said, whenever it says more. { code, text }
function run(env, command, words, seen = () => {}) {
  return new Promise((resolve) => {
    const child = spawn(command, words, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    let text = '';
    const hear = (part) => { text += part; seen(text); };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    child.once('close', (code) => resolve({ code, text }));
  });
}

// An agent with a home of its own, for as long as PLAY takes.
async function withAgent(t, play) {
  const home = mkdtempSync(join(tmpdir(), 'genkan-agent-'));
  const env = { ...process.env, HOME: home, OIDC_CONFIG_DIR: home, TMPDIR: home };
  const started = await run(env, 'oidc-agent', []);
  const [, socket] = started.text.match(/OIDC_SOCK=([^;]+);/) ?? [];
  const [, pid] = started.text.match(/OIDCD_PID=(\d+)/) ?? [];
  try {
    t.must('the agent runs', socket && pid, started.text);
    await play({ ...env, OIDC_SOCK: socket, OIDCD_PID: pid });
  } finally {
    if (pid) process.kill(Number(pid), 'SIGTERM');
    rmSync(home, { recursive: true, force: true });
  }
}

const ca = (t) => ['--cp', `${t.server.authority.folder}/ca.pem`];
const genWords = (t, party, more) => ['genkan', '--manual', '--iss', t.issuer, '--client-id', party.id, '--client-secret', party.secret, '--scope', 'openid email offline_access',
  '--redirect-uri', party.redirect, '--pw-cmd', 'echo of-the-conformance-tests', '--prompt', 'none', '--confirm-default', ...ca(t), ...more];

const modules = {
  'device flow, then tokens by refreshing': async (t) => {
    needs(t, 'device_authorization_endpoint');
    const port = 4242;
    const party = await t.client({ grant_types: [grant.device, 'authorization_code', 'refresh_token'], redirect_uris: [`http://localhost:${port}`] }, { redirect: `http://localhost:${port}` });
    await withAgent(t, async (env) => {
      let visit;
      const made = await run(env, 'oidc-gen', genWords(t, party, ['--flow=device']), (text) => {
        const [, code] = text.match(/code:?\s*([A-Z0-9]{3,}-[A-Z0-9-]+|\d[\d -]{5,})/i) ?? [];
        if (code && !visit) visit = allow(t, code.trim());
      });
      t.must('it shows a code', visit, made.text);
      await visit;
      t.must('it gets its tokens', made.code === 0, made.text);
      const token = await run(env, 'oidc-token', ['genkan']);
      t.must('it gives a token', token.code === 0 && /^\S{20,}$/.test(token.text.trim()), token.text);
      const info = await party.userinfo(token.text.trim());
      t.same('which is hers', info.json?.email, 'hanako@example.jp');
    });
  },
};
// She types CODE at the address that the program shows, into her own browser.
async function allow(t, code) {
  const browser = t.browser();
  await browser.get(`/device?user_code=${encodeURIComponent(code)}`);
  return browser.allowDevice();
}

export const plans = [{ name: 'oidc-agent 4.2.6 (Debian)', kind: 'client', variant: 'a home of its own', registration: {}, party: { idAlg: 'ES256' }, modules }];
