// A receipt about a leaf of the running provider's ledger, with everything that checks it: files for the page
// /ledger/verify.html. The issuer's key is made here; its signature is what the page checks, not whose it is.
import { generateKeyPairSync, sign } from 'node:crypto';

const base64url = (text) => Buffer.from(text).toString('base64url');

// GENKAN(...words): runs the command, gives {out}. The last disclosure of the ledger, out of an exported bundle.
export function receiptOf(genkan) {
  const lines = genkan('audit', 'export').out.split('\n');
  const first = lines.indexOf('') + 1;
  const end = lines.indexOf('', first);
  const at = lines.slice(0, end).findLastIndex((line) => line.startsWith('5 '));
  const [, salt, ...event] = lines[at].split(' ');
  const ledger = {
    origin: lines[1].slice('origin '.length),
    index: at - first,
    salt: Buffer.from(salt, 'base64').toString('base64url'),
    event: event.join(' '),
  };
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const signed = (payload) => {
    const message = `${base64url('{"alg":"ES256","typ":"receipt+jwt"}')}.${base64url(JSON.stringify(payload))}`;
    const signature = sign('sha256', Buffer.from(message), { key: privateKey, dsaEncoding: 'ieee-p1363' });
    return `${message}.${signature.toString('base64url')}`;
  };
  const vkey = genkan('key', 'list').out.split('\n').find((line) => line.startsWith('ledger')).trim().split(/\s+/).pop();
  return {
    receipt: signed({ ledger }),
    forged: signed({ ledger: { ...ledger, event: ledger.event.replace('"disclosed"', '"withdrawn"') } }),
    proof: genkan('audit', 'proof', String(ledger.index)).out,
    jwks: JSON.stringify({ keys: [publicKey.export({ format: 'jwk' })] }),
    policy: `log ${vkey}\nquorum none\n`,
  };
}

// Puts the four files into the page, presses the button, gives what it says.
export async function checkOnPage(page, files) {
  for (const name of ['receipt', 'proof', 'jwks', 'policy'])
    await page.locator(`#${name}`).setInputFiles({ name, mimeType: 'text/plain', buffer: Buffer.from(files[name]) });
  await page.locator('button[type="submit"]').click();
  await page.locator('#result > div').waitFor();
  const result = { kind: await page.locator('#result > div').getAttribute('class'), text: await page.locator('#result').innerText() };
  await page.locator('#result').evaluate((e) => e.replaceChildren());
  return result;
}
