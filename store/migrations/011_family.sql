-- A family without a session or a resident (a service that asks for itself), bound to a key, for another server than
-- UserInfo. Two columns may be NULL now, so both tables are made anew.
CREATE TABLE family_new (
  id BLOB PRIMARY KEY NOT NULL CHECK (length(id) = 16),
  client TEXT NOT NULL,
  resident BLOB,                      -- NULL: the service asked for itself
  session BLOB,                       -- NULL: no login stands behind it
  grant_id BLOB,
  scope TEXT NOT NULL,
  minted_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,        -- of the longest-lived token in it
  offline INTEGER NOT NULL,           -- offline_access: outlives the session
  refreshable INTEGER NOT NULL,
  revoked_at INTEGER,
  cnf BLOB CHECK (length(cnf) = 33),  -- the key its refresh tokens are bound to (sessions/cnf.h); NULL: to none
  resource TEXT                       -- the resource server that was asked for; NULL: none
) STRICT, WITHOUT ROWID;
INSERT INTO family_new SELECT id, client, resident, session, grant_id, scope, minted_at, expires_at, offline, refreshable,
  revoked_at, NULL, NULL FROM family;

CREATE TABLE refresh_new (
  id BLOB PRIMARY KEY NOT NULL CHECK (length(id) = 16),
  family BLOB NOT NULL REFERENCES family_new (id) ON DELETE CASCADE,
  minted_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  used_at INTEGER
) STRICT, WITHOUT ROWID;
INSERT INTO refresh_new SELECT id, family, minted_at, expires_at, used_at FROM refresh;

DROP TABLE refresh;
DROP TABLE family;
ALTER TABLE family_new RENAME TO family;
ALTER TABLE refresh_new RENAME TO refresh;
CREATE INDEX family_by_resident ON family (resident) WHERE refreshable = 1;
CREATE INDEX family_by_session ON family (session) WHERE refreshable = 1;
CREATE INDEX family_by_grant ON family (grant_id) WHERE refreshable = 1;
CREATE INDEX refresh_by_family ON refresh (family);
CREATE INDEX refresh_by_expiry ON refresh (expires_at);
