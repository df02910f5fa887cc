// What OpenID Identity Assurance Schema Definition 1.0 says of `verified_claims`: an independent reading of its section 5.
const isObject = (v) => v !== null && typeof v === 'object' && !Array.isArray(v);
const isText = (v) => typeof v === 'string' && v.length > 0;
const isTime = (v) => isText(v) && /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d)$/.test(v) && !Number.isNaN(Date.parse(v));
const isDate = (v) => isText(v) && /^\d{4}-\d\d-\d\d$/.test(v);

// 5.4.4: of each type what must be there, and of what form the rest is.
const evidenceTypes = {
  document: { required: {}, optional: {} },
  electronic_record: { required: {}, optional: {} },
  vouch: { required: {}, optional: {} },
  electronic_signature: {
    required: { signature_type: isText, issuer: isText, serial_number: isText }, // 5.4.4.5
    optional: { created_at: isTime, date_of_issuance: isDate, date_of_expiry: isDate },
  },
};

function evidence(t, entry) {
  const form = evidenceTypes[entry?.type];
  t.must('evidence is of a type of section 5.4.4', form, entry);
  for (const [name, is] of Object.entries(form.required)) t.must(`evidence of this type has ${name} (5.4.4)`, is(entry[name]), entry);
  for (const [name, is] of Object.entries(form.optional)) if (name in entry) t.must(`${name} is of the right form`, is(entry[name]), entry[name]);
}

function element(t, one) {
  t.must('an element is verification and claims, and nothing else (5.2)', isObject(one) && Object.keys(one).sort().join() === 'claims,verification', one);
  t.must('claims are an object (5.3)', isObject(one.claims), one.claims);
  t.must('verification names a trust framework (5.4.2)', isObject(one.verification) && isText(one.verification.trust_framework), one.verification);
  t.must('time is a time with its zone (5.4.2)', one.verification.time === undefined || isTime(one.verification.time), one.verification.time);
  if (one.verification.evidence === undefined) return;
  t.must('evidence is a list that is not empty (5.4.2)', Array.isArray(one.verification.evidence) && one.verification.evidence.length > 0, one.verification.evidence);
  for (const entry of one.verification.evidence) evidence(t, entry);
}

// The elements of VALUE, each as the schema has it.
export function verifiedClaims(t, value) {
  t.must('verified_claims is an object or a list of them (5.2)', isObject(value) || (Array.isArray(value) && value.length > 0), value);
  const elements = [value].flat();
  for (const one of elements) element(t, one);
  return elements;
}
