// A real `genkan serve` with TLS of its own in a folder of its own, and the operator's command line beside it.
import { execFile, execFileSync, spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { exchange, trust } from './http.mjs';

const run = promisify(execFile);
export const sleep = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

export function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.on('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

const openssl = (folder, ...words) => execFileSync('openssl', words, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];

// An authority, and whoever it speaks for.
export class Authority {
  constructor(folder) {
    this.folder = folder;
    mkdirSync(folder, { recursive: true });
    openssl(folder, 'req', '-x509', ...curve, '-days', '30', '-keyout', 'ca.key', '-out', 'ca.pem', '-subj', '/CN=Genkan conformance authority',
      '-addext', 'basicConstraints=critical,CA:TRUE', '-addext', 'keyUsage=critical,keyCertSign');
    this.pem = readFileSync(join(folder, 'ca.pem'), 'utf8');
  }
  // { cert, key } as PEM, and where they are. USAGE: serverAuth or clientAuth.
  issue(name, subject, { usage = 'serverAuth', names = 'DNS:localhost,IP:127.0.0.1' } = {}) {
    writeFileSync(join(this.folder, `${name}.ext`), `subjectAltName=${names}\nextendedKeyUsage=${usage}\nkeyUsage=critical,digitalSignature\n`);
    openssl(this.folder, 'req', ...curve, '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', subject);
    openssl(this.folder, 'x509', '-req', '-in', `${name}.csr`, '-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '30',
      '-out', `${name}.pem`, '-extfile', `${name}.ext`);
    return this.#pair(name);
  }
  // One that only vouches for itself (RFC 8705 2.2).
  selfSigned(name, subject) {
    openssl(this.folder, 'req', '-x509', ...curve, '-days', '30', '-keyout', `${name}.key`, '-out', `${name}.pem`, '-subj', subject,
      '-addext', 'extendedKeyUsage=clientAuth');
    return this.#pair(name);
  }
  #pair(name) {
    const [certFile, keyFile] = [join(this.folder, `${name}.pem`), join(this.folder, `${name}.key`)];
    return { certFile, keyFile, cert: readFileSync(certFile, 'utf8'), key: readFileSync(keyFile, 'utf8') };
  }
}

export class Server {
  // BUILD: a build folder with genkan and the test PKI.
  static async start(build) {
    const server = new Server();
    Object.assign(server, { build, folder: mkdtempSync(join(tmpdir(), 'genkan-conformance-')), port: await freePort(), tlsPort: await freePort() });
    server.issuer = `https://localhost:${server.port}`;
    server.authority = new Authority(join(server.folder, 'tls'));
    trust(server.authority.pem);
    server.#configure();
    await server.up();
    return server;
  }
  #configure() {
    const tls = this.authority.issue('server', '/CN=localhost');
    this.config = join(this.folder, 'genkan.conf');
    mkdirSync(join(this.folder, 'op'), { mode: 0o700 });
    const pki = join(this.build, 'testpki');
    writeFileSync(this.config, `issuer = "${this.issuer}"
listen = { "127.0.0.1:${this.port}" }
data = "${this.folder}/op"
jpki { trust = "test" roots = "${pki}/trust" crl = "${pki}/crl" ocsp = off }
limits { interactions_per_minute = 0 card_transactions_per_minute = 0 pushed_requests_per_minute = 0 registrations_per_minute = 0 card_proofs_per_account = 0 card_links_per_account = 0 connections_per_address = 0 }
tls { certificate = "${tls.certFile}" key = "${tls.keyFile}" ca = "${this.authority.folder}/ca.pem" }
mtls { listen = { "127.0.0.1:${this.tlsPort}" } origin = "https://localhost:${this.tlsPort}" authorities = "${this.authority.folder}/ca.pem" }
`);
  }
  // Another one whose TLS is nginx's, of the authority of FRONT.
  static async behindNginx(front) {
    const server = new Server();
    const [plain, https, mtls] = [await freePort(), await freePort(), await freePort()];
    Object.assign(server, { build: front.build, folder: mkdtempSync(join(tmpdir(), 'genkan-conformance-')), port: https, authority: front.authority });
    server.issuer = `https://localhost:${https}`;
    const backend = await freePort();
    server.#configureBehind(backend, mtls);
    server.#writeNginx({ plain, https, mtls, backend });
    server.nginx = spawn('nginx', ['-c', join(server.folder, 'nginx.conf'), '-p', server.folder, '-e', join(server.folder, 'nginx.log')], { stdio: 'ignore', env: { PATH: `${process.env.PATH}:/usr/sbin` } });
    await server.up();
    return server;
  }
  #configureBehind(backend, mtls) {
    const pki = join(this.build, 'testpki');
    this.config = join(this.folder, 'genkan.conf');
    mkdirSync(join(this.folder, 'op'), { mode: 0o700 });
    writeFileSync(this.config, `issuer = "${this.issuer}"
listen = { "127.0.0.1:${backend}" }
data = "${this.folder}/op"
jpki { trust = "test" roots = "${pki}/trust" crl = "${pki}/crl" ocsp = off }
tls { ca = "${this.authority.folder}/ca.pem" }
proxy { trusted = { "127.0.0.1" } header = x-forwarded client_certificate = Client-Cert }
mtls { origin = "https://localhost:${mtls}" authorities = "${this.authority.folder}/ca.pem" }
`);
  }
  // The example of the documentation; here the names differ by their ports, so the Host goes on with its port.
  #writeNginx({ plain, https, mtls, backend }) {
    const { certFile, keyFile } = this.authority.issue('nginx', '/CN=localhost');
    const at = (port) => `127.0.0.1:${port}`;
    const places = { FOLDER: this.folder, CERTIFICATE: certFile, KEY: keyFile, GENKAN: at(backend), PLAIN: at(plain), HTTPS: at(https), MTLS: at(mtls), MTLS_HOST: 'localhost', HOST: 'localhost' };
    const example = readFileSync(new URL('../../../docs/examples/proxy/nginx.conf', import.meta.url), 'utf8');
    const text = example.replace(/@([A-Z_]+)@/g, (_, name) => places[name]).replace('Host $host;', 'Host $http_host;');
    writeFileSync(join(this.folder, 'nginx.conf'), text);
    chmodSync(this.folder, 0o755); // nginx changes its user when root starts it
  }
  persona(name) {
    return join(this.build, 'testpki', 'residents', name);
  }

  async up() {
    const log = openSync(join(this.folder, 'log'), 'a');
    this.process = spawn(join(this.build, 'genkan'), ['serve', '--config', this.config], { stdio: ['ignore', log, log] });
    for (const end = Date.now() + 120000; Date.now() < end; await sleep(50)) {
      if (this.process.exitCode !== null) break;
      try {
        if ((await exchange(`${this.issuer}/readyz`)).status === 200) return;
      } catch { /* not yet */ }
    }
    throw new Error(`genkan did not start:\n${this.log()}`);
  }
  async down() {
    const gone = new Promise((resolve) => { this.process.once('exit', resolve); });
    if (this.process.exitCode === null && this.process.kill('SIGTERM')) await gone;
    this.nginx?.kill('SIGTERM');
    return this.process.exitCode;
  }
  async stop() {
    const code = await this.down();
    rmSync(this.folder, { recursive: true, force: true });
    return code;
  }
  log() {
    return readFileSync(join(this.folder, 'log'), 'utf8');
  }
  reload() {
    this.process.kill('SIGHUP');
  }

  // The operator's command line.
  async genkan(...words) {
    const { stdout } = await run(join(this.build, 'genkan'), [...words, '--config', this.config]);
    return stdout;
  }
  // An initial access token for the registration endpoint (RFC 7591 1.2), good for what TERMS say.
  async registrationToken(terms) {
    const file = join(this.folder, 'invitation.json');
    writeFileSync(file, JSON.stringify(terms));
    return (await this.genkan('client', 'invite', '--uses', '1000', '--days', '1', file)).match(/initial_access_token: (\S+)/)[1];
  }
  // Registers a service from its registration; { client_id, client_secret }.
  async add(registration) {
    const file = join(this.folder, `${registration.client_id}.json`);
    writeFileSync(file, JSON.stringify(registration));
    const added = JSON.parse(await this.genkan('client', 'add', '--json', file));
    await sleep(1100); // a running server looks for new services once a second
    return added;
  }
}
