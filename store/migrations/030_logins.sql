-- What a login was made with, as coarse as a resident recognises it: family of browser and system ("firefox windows"), and
-- a keyed hash of the network, which says "the same as now" or not, and nothing else.
ALTER TABLE session ADD COLUMN agent TEXT;
ALTER TABLE session ADD COLUMN network BLOB CHECK (network IS NULL OR length(network) = 8);

-- The log of logins that a resident sees: a row for each proof with her card, kept for session.history.
CREATE TABLE login (
  resident BLOB NOT NULL REFERENCES resident (id) ON DELETE CASCADE,
  at INTEGER NOT NULL,
  session BLOB NOT NULL CHECK (length(session) = 16),
  agent TEXT,
  network BLOB CHECK (network IS NULL OR length(network) = 8),
  disowned_at INTEGER,                -- she said that it was not her
  PRIMARY KEY (resident, at, session)
) STRICT, WITHOUT ROWID;
CREATE INDEX login_by_time ON login (at);
CREATE INDEX login_disowned ON login (disowned_at) WHERE disowned_at IS NOT NULL;
