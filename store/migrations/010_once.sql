-- What a single use is allowed of, and was used: an id of what it is, whose, and which (sessions/once.h). A row is there
-- until the thing itself is refused for its age.
CREATE TABLE once (
  id BLOB PRIMARY KEY NOT NULL CHECK (length(id) = 16),
  expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX once_by_expiry ON once (expires_at);
