-- What authorization requests ask for beyond their scope (sessions/wish.h), once for each different wish.
CREATE TABLE wish (
  id BLOB PRIMARY KEY NOT NULL CHECK (length(id) = 16), -- half a SHA-256 of what follows
  claims TEXT,                        -- the claims parameter (OIDC Core 5.5), as it was checked
  details TEXT,                       -- authorization_details (RFC 9396), as they were checked
  seen_at INTEGER NOT NULL            -- last used or found in use, to the day
) STRICT, WITHOUT ROWID;
CREATE INDEX wish_by_time ON wish (seen_at);

ALTER TABLE family ADD COLUMN wish BLOB CHECK (wish IS NULL OR length(wish) = 16);
CREATE INDEX family_by_wish ON family (wish) WHERE wish IS NOT NULL;
