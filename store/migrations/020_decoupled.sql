-- An authorization that is asked on one device and given on another: a device of RFC 8628, or a counter (CIBA Core 1.0).
CREATE TABLE decoupled (
  id BLOB PRIMARY KEY NOT NULL CHECK (length(id) = 16), -- half the SHA-256 of device_code or auth_req_id
  kind INTEGER NOT NULL CHECK (kind BETWEEN 1 AND 2),   -- device, counter
  client TEXT NOT NULL,
  user_code BLOB UNIQUE CHECK (user_code IS NULL OR length(user_code) = 16), -- device; NULL once it was entered
  resident BLOB,                      -- counter: who is asked; device: NULL until she allowed it
  request TEXT NOT NULL,              -- the checked authorization request, JSON
  binding TEXT,                       -- binding_message, shown on both sides
  notify BLOB,                        -- client_notification_token, sealed: mode ping
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  state INTEGER NOT NULL DEFAULT 0 CHECK (state BETWEEN 0 AND 2), -- open, allowed, refused
  session BLOB,                       -- allowed: the login she allowed it with
  grant_id BLOB,
  scope TEXT,                         -- as granted
  decided_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX decoupled_by_expiry ON decoupled (expires_at);
CREATE INDEX decoupled_by_resident ON decoupled (resident) WHERE kind = 2 AND state = 0;

-- What a resident tells at a counter so that the counter can ask her: one at a time, good once.
CREATE TABLE counter_code (
  id BLOB PRIMARY KEY NOT NULL CHECK (length(id) = 16), -- half the SHA-256 of the code
  resident BLOB UNIQUE NOT NULL REFERENCES resident (id) ON DELETE CASCADE,
  expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX counter_code_by_expiry ON counter_code (expires_at);

-- A counter names a resident by the ID token it has of her.
CREATE INDEX consent_by_subject ON consent (subject);
