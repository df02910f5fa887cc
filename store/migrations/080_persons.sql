-- Four eyes, the other way: an auditor names a person and asks for her pseudonyms. Such a request has the empty pseudonym.
ALTER TABLE identity_request ADD COLUMN person BLOB;         -- name and birth date, sealed; NULL once it is over
ALTER TABLE identity_request ADD COLUMN searched BLOB;       -- the resident up to whom was looked; NULL: not begun
ALTER TABLE identity_request ADD COLUMN found BLOB;          -- ids of residents found so far, 16 bytes each
ALTER TABLE identity_request ADD COLUMN searched_at INTEGER; -- when all had been looked at; NULL: not yet
CREATE INDEX identity_request_open ON identity_request (asked_at) WHERE decided_at IS NULL;
