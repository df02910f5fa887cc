-- A refresh token names its family, and the family's row says which one is good now: to rotate is to write one row in
-- one place. Those that were given before name none, so they end here, and their services log in again.
DROP TABLE refresh;
ALTER TABLE family ADD COLUMN refresh BLOB CHECK (refresh IS NULL OR length(refresh) = 16); -- half its SHA-256
ALTER TABLE family ADD COLUMN refresh_at INTEGER;    -- when it was given
ALTER TABLE family ADD COLUMN refresh_until INTEGER;
