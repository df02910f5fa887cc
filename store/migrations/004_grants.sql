-- Every registration of a service there ever was. `terms` is what consents and ledger events cite (ask.hash): with it
-- anybody can look up the words a resident read.
CREATE TABLE client_version (
  client TEXT NOT NULL,
  number INTEGER NOT NULL,            -- 1, 2, ...
  digest BLOB NOT NULL CHECK (length(digest) = 32), -- SHA-256 of the registration's text
  terms BLOB NOT NULL CHECK (length(terms) = 32),
  registration TEXT NOT NULL,
  from_at INTEGER NOT NULL,
  PRIMARY KEY (client, number)
) STRICT, WITHOUT ROWID;
