// The service's own keys and what it signs with them: client assertions (RFC 7523), proofs (RFC 9449), request objects (RFC 9101).
import * as jose from 'jose';
import { createHash, randomBytes, randomUUID } from 'node:crypto';

export const random = (bytes = 32) => randomBytes(bytes).toString('base64url');
export const sha256url = (text) => createHash('sha256').update(text).digest('base64url');
export const now = () => Math.floor(Date.now() / 1000);

export class Key {
  static async make(alg, kid = random(8)) {
    const pair = await jose.generateKeyPair(alg, { extractable: true, modulusLength: 2048 });
    const jwk = { ...(await jose.exportJWK(pair.publicKey)), alg, use: 'sig', kid };
    return Object.assign(new Key(), { alg, kid, jwk, privateKey: pair.privateKey, publicKey: pair.publicKey });
  }
  // The same key under another algorithm, as only somebody who does wrong would use it.
  async as(alg) {
    const privateKey = await jose.importJWK(await jose.exportJWK(this.privateKey), alg);
    return Object.assign(new Key(), this, { alg, privateKey });
  }
  // CLAIMS as they are: nothing is added.
  sign(claims, header = {}) {
    return new jose.SignJWT(claims).setProtectedHeader({ alg: this.alg, kid: this.kid, ...header }).sign(this.privateKey);
  }
  get bare() { // without names and uses, as a proof carries it
    const { kty, crv, x, y, n, e } = this.jwk;
    return JSON.parse(JSON.stringify({ kty, crv, x, y, n, e }));
  }
  thumbprint() {
    return jose.calculateJwkThumbprint(this.bare);
  }
}

export const unsigned = (claims, header = {}) =>
  `${[{ alg: 'none', ...header }, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')}.`;

// CHANGES: claims that are set, or left out when undefined.
export const assertionClaims = (clientId, audience, changes = {}) => {
  const time = now();
  return { iss: clientId, sub: clientId, aud: audience, jti: randomUUID(), iat: time, nbf: time, exp: time + 60, ...changes };
};

// A proof of KEY for one request; ACCESS: the token that it goes with. CHANGES and HEADER: of claims and header; MAKE: signs
// in another way.
export async function proof(key, { method, url, access, nonce, changes = {}, header = {}, make }) {
  const claims = { jti: randomUUID(), htm: method, htu: url.split(/[?#]/)[0], iat: now(), nonce, ath: access === undefined ? undefined : sha256url(access), ...changes };
  const head = { typ: 'dpop+jwt', jwk: key.bare, kid: undefined, ...header };
  return make ? make(key, claims, head) : key.sign(claims, head);
}
