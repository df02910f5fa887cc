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

-- Which leaves are about whom, by half the pseudonym that stands in the events. Written behind the ledger, so that no
-- disclosure waits for it.
CREATE TABLE history (
  resident BLOB NOT NULL CHECK (length(resident) = 16),
  position INTEGER NOT NULL,
  client TEXT NOT NULL,
  PRIMARY KEY (resident, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE history_head (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  next INTEGER NOT NULL               -- the first leaf that is not in it
) STRICT;
INSERT INTO history_head (one, next) VALUES (1, 0);
