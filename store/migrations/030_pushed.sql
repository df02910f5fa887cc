-- Authorization requests that services pushed (RFC 9126), found by half the SHA-256 of their request_uri. A row stays
-- until no login that began with it can go on.
CREATE TABLE pushed (
  id BLOB PRIMARY KEY NOT NULL CHECK (length(id) = 16),
  client TEXT NOT NULL,
  request TEXT NOT NULL,              -- the checked authorization request, JSON
  epoch BLOB NOT NULL CHECK (length(epoch) = 16), -- of the store: whether it was used is known only as long as that lasts
  expires_at INTEGER NOT NULL,
  used_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX pushed_by_expiry ON pushed (expires_at);

-- the pushed request that a login began with
ALTER TABLE interaction ADD COLUMN pushed BLOB CHECK (pushed IS NULL OR length(pushed) = 16);
