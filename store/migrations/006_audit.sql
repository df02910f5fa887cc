-- An index over the ledger, made behind it (consent/block.h); it can be thrown away and made again.
CREATE TABLE ledger_block (
  first INTEGER PRIMARY KEY,          -- position of its first event
  at_min INTEGER NOT NULL,            -- milliseconds
  at_max INTEGER NOT NULL,
  types INTEGER NOT NULL,             -- a bit for each type in it
  marks BLOB NOT NULL                 -- Bloom filter of clients, organisations, sectors, residents, sessions
) STRICT;

-- How many events of a kind a month had; made together with the blocks.
CREATE TABLE ledger_month (
  month TEXT NOT NULL,                -- YYYY-MM, Japan
  client TEXT NOT NULL,
  type INTEGER NOT NULL,
  field TEXT NOT NULL,
  n INTEGER NOT NULL,
  PRIMARY KEY (month, client, type, field)
) STRICT, WITHOUT ROWID;

-- Who may look into the ledger: invited by the operator with a code that is good once, then bound to the resident who
-- showed it after logging in with her card.
CREATE TABLE auditor (
  id BLOB PRIMARY KEY NOT NULL CHECK (length(id) = 16),
  name TEXT NOT NULL,
  code BLOB UNIQUE CHECK (code IS NULL OR length(code) = 16), -- half a SHA-256 of the invitation's code; NULL once used
  invited_at INTEGER NOT NULL,
  code_until INTEGER NOT NULL,
  resident BLOB,                      -- of the person who joined
  joined_at INTEGER,
  removed_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX auditor_by_resident ON auditor (resident) WHERE removed_at IS NULL;

-- Four eyes: one auditor asks whose pseudonym it is and why, another one decides.
CREATE TABLE identity_request (
  id BLOB PRIMARY KEY NOT NULL CHECK (length(id) = 16),
  auditor BLOB NOT NULL,
  pseudonym TEXT NOT NULL,
  reason TEXT NOT NULL,
  asked_at INTEGER NOT NULL,
  decided_by BLOB,
  decided_at INTEGER,
  allowed INTEGER,                    -- 1 yes, 0 no
  until INTEGER                       -- how long the answer may be looked at
) STRICT, WITHOUT ROWID;
CREATE INDEX identity_request_by_time ON identity_request (asked_at);
