// A My Number Card in software with the agent that speaks to it: what docs/card.md says, with the keys of a resident of the
// test PKI. The PIN and the reader are not here; tests/card has the real ones.
import { createHash, createPrivateKey, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';

const sha256 = (data) => createHash('sha256').update(data).digest();

export class Card {
  // FOLDER: of one resident, <pki>/residents/hanako
  constructor(folder) {
    const read = (name) => readFileSync(`${folder}/${name}`);
    this.auth = { cert: read('auth.der'), key: createPrivateKey(read('auth.key')) };
    this.sign = { cert: read('sign.der'), key: createPrivateKey(read('sign.key')) };
    const { name, address, birthdate, gender } = JSON.parse(read('text.json'));
    this.text = { name, address, birthdate, gender };
  }

  // The answer to a request (a compact JWS), as it stands in the fragment of the return address.
  answer(request) {
    const asked = JSON.parse(Buffer.from(request.split('.')[1], 'base64url'));
    const message = Buffer.concat([Buffer.from('GENKAN-CARD/1\0'), sha256(asked.iss), sha256(Buffer.from(asked.nonce, 'base64url')), sha256(request)]);
    const proof = ({ cert, key }) => ({ alg: 'RS256', cert: cert.toString('base64'), sig: sign('sha256', message, key).toString('base64') });
    const response = {
      format: 'genkan-card:1',
      txn: asked.txn,
      ...proof(this.auth),
      ...(asked.purpose === 'register' && { sign: proof(this.sign) }),
      ...(asked.purpose === 'read' && { text: this.text }),
      agent: { name: 'genkan-agent', ver: '0.1.0', os: 'linux' },
    };
    return Buffer.from(JSON.stringify(response)).toString('base64url');
  }
}
