-- Initial access tokens (RFC 7591 1.2): who may register a service itself, and as what.
CREATE TABLE invite (
  id TEXT PRIMARY KEY NOT NULL,         -- what the operator calls it by
  token BLOB UNIQUE NOT NULL CHECK (length(token) = 32), -- SHA-256
  terms TEXT NOT NULL,                  -- JSON, a part of a registration; kept for those who came with it
  uses INTEGER NOT NULL CHECK (uses >= 0), -- left
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  revoked_at INTEGER
) STRICT, WITHOUT ROWID;

-- Services that registered themselves, and the token with which each manages its registration (RFC 7592 3).
CREATE TABLE self_registered (
  client TEXT PRIMARY KEY NOT NULL REFERENCES client (id),
  invite TEXT NOT NULL REFERENCES invite (id),
  token BLOB NOT NULL CHECK (length(token) = 32), -- SHA-256
  before BLOB CHECK (before IS NULL OR length(before) = 32), -- the token before it, good until TOKEN is used: an answer may be lost
  created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
