// Checks a receipt, its proof and the signed head of the log against a policy: the same steps as genkan-verify
// (docs/ledger.md). RFC 6962 and RFC 9162 for the tree, C2SP signed-note, tlog-checkpoint, tlog-cosignature, tlog-proof
// and tlog-policy for the rest. Nothing leaves the page.

'use strict';

const utf8 = new TextEncoder();
const types = ["requested", "given", "refused", "changed", "disclosed", "withdrawn", "expired", "erased", "operator",
  "suspended", "auditor"]; // class 1, 2, ...

const saidOf = { requested: "サービスが求めた", given: "渡すことに同意した", refused: "渡さないと決めた", changed: "決定が変わった",
  disclosed: "渡った", withdrawn: "同意を取り消した", expired: "同意の期限が過ぎた", erased: "消した", operator: "運用者の操作",
  suspended: "渡すのを止めた", auditor: "監査人の操作" };

// Thrown with what is wrong, in Japanese and English.
class Refusal extends Error {
  constructor(ja, en) {
    super(en);
    this.ja = ja;
    this.en = en;
  }
}

const refuse = (condition, ja, en) => {
  if (!condition) throw new Refusal(ja, en);
};

// --- bytes ----------------------------------------------------------------------------------------------------------

const joined = (...parts) => {
  const out = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
  let at = 0;
  for (const p of parts) {
    out.set(p, at);
    at += p.length;
  }
  return out;
};

const equal = (a, b) => a.length === b.length && a.every((x, i) => x === b[i]);

const sha256 = async (...parts) => new Uint8Array(await crypto.subtle.digest("SHA-256", joined(...parts)));

// RFC 4648 section 4, strictly: what is written back must be the same text.
const fromBase64 = (text) => {
  let binary;
  try {
    binary = atob(text);
  } catch {
    throw new Refusal("Base64 の形ではありません", "not base64");
  }
  refuse(btoa(binary) === text, "Base64 の形ではありません", "not base64");
  return Uint8Array.from(binary, (c) => c.charCodeAt(0));
};

const fromBase64url = (text) => {
  refuse(/^[A-Za-z0-9_-]*$/.test(text), "Base64url の形ではありません", "not base64url");
  const standard = text.replaceAll("-", "+").replaceAll("_", "/");
  return fromBase64(standard + "=".repeat((4 - (standard.length % 4)) % 4));
};

const toNumber = (text) => {
  refuse(/^(0|[1-9][0-9]{0,14})$/.test(text), "数ではありません", "not a number");
  return Number(text);
};

const decode = (bytes) => new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);

// --- the tree -------------------------------------------------------------------------------------------------------

const leafHash = (leaf) => sha256(Uint8Array.of(0), leaf);
const nodeHash = (left, right) => sha256(Uint8Array.of(1), left, right);

// RFC 9162 2.1.3.2
const includes = async (path, index, size, leaf, root) => {
  if (index >= size) return false;
  let fn = index, sn = size - 1, r = leaf;
  for (const p of path) {
    if (sn === 0) return false;
    if (fn % 2 === 1 || fn === sn) {
      r = await nodeHash(p, r);
      while (fn !== 0 && fn % 2 === 0) {
        fn = Math.floor(fn / 2);
        sn = Math.floor(sn / 2);
      }
    } else {
      r = await nodeHash(r, p);
    }
    fn = Math.floor(fn / 2);
    sn = Math.floor(sn / 2);
  }
  return sn === 0 && equal(r, root);
};

// --- notes ----------------------------------------------------------------------------------------------------------

const isName = (name) => name !== "" && !/[\s+\u0085]/u.test(name);

const readKey = async (vkey) => {
  const [name, id, ...rest] = vkey.split("+");
  const key = fromBase64(rest.join("+"));
  refuse(isName(name) && key.length === 33 && (key[0] === 1 || key[0] === 4), "鍵の形が違います", "not a verifier key");
  const hash = await sha256(utf8.encode(name + "\n"), key);
  const hex = [...hash.slice(0, 4)].map((b) => b.toString(16).padStart(2, "0")).join("");
  refuse(hex === id, "鍵の番号が合いません", "the key's id does not follow from the key");
  return { name, id, type: key[0], bytes: key.slice(1) };
};

const readNote = (text) => {
  // eslint-disable-next-line no-control-regex
  refuse(!/[\u0000-\u0009\u000b-\u001f]/.test(text), "署名付き文書の形ではありません", "not a signed note");
  const end = text.lastIndexOf("\n\n");
  refuse(end >= 0 && text.endsWith("\n"), "署名付き文書の形ではありません", "not a signed note");
  const signatures = text.slice(end + 2, -1).split("\n").map((line) => {
    const [dash, name, coded, ...rest] = line.split(" ");
    refuse(dash === "\u2014" && rest.length === 0 && coded !== undefined && isName(name), "署名の行の形が違います",
      "not a signature line");
    const bytes = fromBase64(coded);
    refuse(bytes.length > 4, "署名の行の形が違います", "not a signature line");
    const id = [...bytes.slice(0, 4)].map((b) => b.toString(16).padStart(2, "0")).join("");
    return { name, id, bytes: bytes.slice(4) };
  });
  return { text: text.slice(0, end + 1), signatures };
};

const verifyEd25519 = async (publicKey, signature, message) => {
  const key = await crypto.subtle.importKey("raw", publicKey, { name: "Ed25519" }, false, ["verify"]);
  return crypto.subtle.verify({ name: "Ed25519" }, key, signature, message);
};

const verifySignature = async (key, bytes, text) => {
  if (key.type === 1) return verifyEd25519(key.bytes, bytes, utf8.encode(text));
  if (bytes.length !== 72) return false;
  const time = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0);
  const message = `cosignature/v1\ntime ${time}\n${text}`;
  return time > 0n && time < 1n << 63n && verifyEd25519(key.bytes, bytes.slice(8), utf8.encode(message));
};

// True: KEY signed it. A signature of a known key that is wrong spoils the note.
const isSignedBy = async (note, key) => {
  let found = false;
  for (const s of note.signatures) {
    if (s.name !== key.name || s.id !== key.id) continue;
    refuse(await verifySignature(key, s.bytes, note.text), "署名が正しくありません", "a signature is wrong");
    found = true;
  }
  return found;
};

const readCheckpoint = (text) => {
  const note = readNote(text);
  const [origin, size, root, last, ...rest] = note.text.split("\n");
  refuse(rest.length === 0 && last === "" && origin !== "", "チェックポイントの形が違います", "not a checkpoint");
  const bytes = fromBase64(root);
  refuse(bytes.length === 32, "チェックポイントの形が違います", "not a checkpoint");
  return { note, origin, size: toNumber(size), root: bytes };
};

const readProof = (text) => {
  const lines = text.split("\n");
  refuse(lines.shift() === "c2sp.org/tlog-proof@v1", "証明の形が違います", "not a tlog-proof");
  if (lines[0]?.startsWith("extra ")) fromBase64(lines.shift().slice(6));
  const index = lines.shift();
  refuse(index?.startsWith("index "), "証明の形が違います", "not a tlog-proof");
  const end = lines.indexOf("");
  refuse(end >= 0 && end <= 63, "証明の形が違います", "not a tlog-proof");
  const path = lines.slice(0, end).map(fromBase64);
  refuse(path.every((h) => h.length === 32), "証明の形が違います", "not a tlog-proof");
  return { index: toNumber(index.slice(6)), path, checkpoint: readCheckpoint(lines.slice(end + 1).join("\n")) };
};

// --- the policy -----------------------------------------------------------------------------------------------------

const badLine = (condition) => refuse(condition, "ポリシーの行の形が違います", "a line of the policy is wrong");

const readGroup = (policy, words) => {
  const [, name, k, ...members] = words;
  badLine(members.length > 0 && members.every((m) => policy.nodes.has(m) && !policy.nodes.get(m).member));
  const threshold = k === "all" ? members.length : k === "any" ? 1 : toNumber(k);
  badLine(threshold >= 1 && threshold <= members.length && new Set(members).size === members.length);
  members.forEach((m) => { policy.nodes.get(m).member = true; });
  policy.nodes.set(name, { members, threshold });
};

const readPolicy = async (text) => {
  const policy = { logs: [], nodes: new Map(), quorum: undefined };
  const isDefinable = (name) => name !== undefined && name !== "none" && !policy.nodes.has(name);
  const known = [];
  const newKey = async (vkey, type) => {
    const key = await readKey(vkey);
    badLine(key.type === type && !known.some((k) => k.type === type && equal(k.bytes, key.bytes)));
    known.push(key);
    return key;
  };
  for (const line of text.split("\n")) {
    // eslint-disable-next-line no-control-regex
    badLine(!/[\u0000-\u0008\u000a-\u001f\u007f]/.test(line));
    const words = line.split(/[ \t]+/).filter((w) => w !== "");
    if (words.length === 0 || words[0].startsWith("#")) continue;
    if (words[0] === "log" && (words.length === 2 || words.length === 3)) {
      policy.logs.push(await newKey(words[1], 1));
    } else if (words[0] === "witness" && (words.length === 3 || words.length === 4) && isDefinable(words[1])) {
      policy.nodes.set(words[1], { key: await newKey(words[2], 4) });
    } else if (words[0] === "group" && words.length > 3 && isDefinable(words[1])) {
      readGroup(policy, words);
    } else {
      badLine(words[0] === "quorum" && words.length === 2 && policy.quorum === undefined);
      badLine(words[1] === "none" || policy.nodes.has(words[1]));
      policy.quorum = words[1];
    }
  }
  badLine(policy.quorum !== undefined);
  return policy;
};

const decidePolicy = async (policy, checkpoint) => {
  const logs = policy.logs.filter((k) => k.name === checkpoint.origin);
  refuse(logs.length > 0, "ポリシーにない台帳です", "the log is not in the policy");
  let isSigned = false;
  for (const key of logs) isSigned = (await isSignedBy(checkpoint.note, key)) || isSigned;
  refuse(isSigned, "台帳の署名がありません", "the log has not signed this checkpoint");
  const good = new Map(), cosigners = [];
  for (const [name, node] of policy.nodes) {
    const ok = node.key ? await isSignedBy(checkpoint.note, node.key)
      : node.members.filter((m) => good.get(m)).length >= node.threshold;
    good.set(name, ok);
    if (ok && node.key) cosigners.push(name);
  }
  refuse(policy.quorum === "none" || good.get(policy.quorum), "立会人の署名が足りません",
    "not enough witnesses have cosigned");
  return cosigners;
};

// --- the receipt ----------------------------------------------------------------------------------------------------

// RFC 8785 for what events hold: texts, whole numbers, lists, objects. Keys sort by UTF-16, as JavaScript compares them.
const canonical = (v) => {
  if (Array.isArray(v)) return `[${v.map(canonical).join(",")}]`;
  if (v !== null && typeof v === "object")
    return `{${Object.keys(v).sort().map((k) => `${JSON.stringify(k)}:${canonical(v[k])}`).join(",")}}`;
  refuse(typeof v !== "number" || Number.isSafeInteger(v), "出来事の形が違います", "a number that is not whole");
  return JSON.stringify(v);
};

const parse = (text, ja, en) => {
  try {
    return JSON.parse(text);
  } catch {
    throw new Refusal(ja, en);
  }
};

const isMadeBy = async (jwk, header, message, signature) => {
  if (jwk.kty !== "EC" || jwk.crv !== "P-256" || (header.kid !== undefined && jwk.kid !== header.kid)) return false;
  const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
  const { kty, crv, x, y } = jwk;
  const key = await crypto.subtle.importKey("jwk", { kty, crv, x, y }, algorithm, false, ["verify"]);
  return crypto.subtle.verify(algorithm, key, signature, message);
};

const readReceipt = async (text, jwks) => {
  const parts = text.trim().split(".");
  refuse(parts.length === 3, "控えの形が違います", "not a receipt");
  const header = parse(decode(fromBase64url(parts[0])), "控えの形が違います", "not a receipt");
  refuse(header.alg === "ES256" && header.crit === undefined, "控えの署名の方式が違います", "not signed with ES256");
  const message = utf8.encode(`${parts[0]}.${parts[1]}`), signature = fromBase64url(parts[2]);
  const keys = parse(jwks, "発行者の鍵の形が違います", "not a key set").keys;
  refuse(Array.isArray(keys), "発行者の鍵の形が違います", "not a key set");
  let isSigned = false;
  for (const jwk of keys) isSigned = isSigned || (await isMadeBy(jwk, header, message, signature));
  refuse(isSigned, "発行者の署名ではありません", "no key of the key set made the receipt's signature");
  return parse(decode(fromBase64url(parts[1])), "控えの形が違います", "not a receipt");
};

const leafOf = async (salt, event) => {
  const parsed = parse(event, "出来事の形が違います", "the event is not JSON");
  refuse(canonical(parsed) === event, "出来事の形が違います", "the event is not canonical JSON");
  const number = types.indexOf(parsed.type) + 1;
  refuse(number > 0, "知らない種類の出来事です", "an event of an unknown type");
  const leaf = joined(Uint8Array.of(1, number), await sha256(salt, utf8.encode(event)));
  return { parsed, hash: await leafHash(leaf) };
};

const check = async ({ receipt, proof, jwks, policy }) => {
  const { ledger } = await readReceipt(receipt, jwks);
  refuse(ledger && Number.isSafeInteger(ledger.index) && typeof ledger.event === "string" &&
    typeof ledger.salt === "string", "台帳の場所が控えにありません", "the receipt does not say where it is in the ledger");
  const salt = fromBase64url(ledger.salt);
  refuse(salt.length === 32, "台帳の場所が控えにありません", "the receipt does not say where it is in the ledger");
  const p = readProof(proof);
  refuse(p.index === ledger.index && p.checkpoint.origin === ledger.origin, "別の出来事の証明です",
    "the proof is for another leaf or another log");
  const leaf = await leafOf(salt, ledger.event);
  refuse(await includes(p.path, p.index, p.checkpoint.size, leaf.hash, p.checkpoint.root),
    "台帳にありません。控えか台帳が書き換えられています", "the leaf is not in the tree of the checkpoint");
  const cosigners = await decidePolicy(await readPolicy(policy), p.checkpoint);
  return { event: leaf.parsed, index: p.index, size: p.checkpoint.size, origin: p.checkpoint.origin, cosigners };
};

// --- the page -------------------------------------------------------------------------------------------------------

const make = (name, text, ...children) => {
  const e = document.createElement(name);
  if (text) e.textContent = text;
  e.append(...children);
  return e;
};

const show = (kind, title, rows) => {
  const list = make("dl");
  for (const [term, text] of rows) list.append(make("dt", term), make("dd", text));
  const box = make("div", "", make("h2", title), list);
  box.className = kind;
  const result = document.getElementById("result");
  result.replaceChildren(box);
  result.focus();
};

const showGood = (v) => show("good", "○ 本物です。台帳に書かれたままです — Genuine, and still in the ledger", [
  ["出来事 event", `${saidOf[v.event.type]} — ${v.event.type}`],
  ["時刻 time", Number.isSafeInteger(v.event.at) ? new Date(v.event.at).toLocaleString("ja-JP") : ""],
  ["サービス service", v.event.client ?? ""],
  ["項目 fields", (v.event.fields ?? []).join(", ")],
  ["台帳 log", v.origin],
  ["位置 leaf", `${v.index} / ${v.size}`],
  ["立会人 witnesses", v.cosigners.join(", ") || "なし none"],
]);

const onSubmit = async (event) => {
  event.preventDefault();
  try {
    const text = async (id) => decode(await document.getElementById(id).files[0].arrayBuffer());
    showGood(await check({
      receipt: await text("receipt"), proof: await text("proof"), jwks: await text("jwks"), policy: await text("policy"),
    }));
  } catch (e) {
    const why = e instanceof Refusal ? [e.ja, e.en] : ["読めないファイルがあります", String(e.message)];
    show("bad", "× 確かめられませんでした — Not good", [["理由 why", `${why[0]} — ${why[1]}`]]);
  }
};

globalThis.checkReceipt = check; // for tests
if (typeof document !== "undefined") document.getElementById("form").addEventListener("submit", onSubmit);
