-- Authorization details (RFC 9396) that a resident allowed a service: a line for each, consent/grant.c, grant_put_details.
ALTER TABLE consent ADD COLUMN details TEXT;

-- Definitions of types as residents read them when they agreed, whatever became of the registration.
CREATE TABLE detail_type (
  meaning BLOB PRIMARY KEY NOT NULL CHECK (length(meaning) = 16), -- half the SHA-256 of what follows
  definition TEXT NOT NULL                                        -- canonical JSON
) STRICT, WITHOUT ROWID;
