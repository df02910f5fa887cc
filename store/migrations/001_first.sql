-- Times are unix seconds unless a name says otherwise. Idents are 16 bytes: random, or half a SHA-256 of a ticket.
-- Rows found by random idents live in their index (WITHOUT ROWID): one page instead of two for each of them.

CREATE TABLE setting (
  name TEXT PRIMARY KEY NOT NULL,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
-- counts changes of clients, so that a running server notices `genkan client add`
INSERT INTO setting (name, value) VALUES ('client_generation', '1');
-- number of the master key that wraps data keys from now on
INSERT INTO setting (name, value) VALUES ('profile_master', '1');

CREATE TABLE client (
  id TEXT PRIMARY KEY NOT NULL,
  registration TEXT NOT NULL,         -- JSON as registered, checked
  secret_hash BLOB,                   -- HMAC of the client secret
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  removed_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE resident (
  id BLOB PRIMARY KEY NOT NULL CHECK (length(id) = 16),
  created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE card (
  account_key BLOB PRIMARY KEY NOT NULL CHECK (length(account_key) = 32), -- HMAC of issuer and serial number
  resident BLOB NOT NULL REFERENCES resident (id) ON DELETE CASCADE,
  linked_at INTEGER NOT NULL,
  used_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX card_by_resident ON card (resident);

CREATE TABLE profile (
  resident BLOB NOT NULL REFERENCES resident (id) ON DELETE CASCADE,
  field TEXT NOT NULL,
  sealed BLOB NOT NULL,               -- the value, its source and its date, sealed for this resident and field
  changed_at INTEGER NOT NULL,        -- when it became this value; re-reading the same does not count
  master INTEGER,                     -- see below
  PRIMARY KEY (resident, field)
) STRICT, WITHOUT ROWID;
-- The row with the empty field is the resident's data key, wrapped by master key number MASTER. It stands before her
-- values, in the page that is read with them.
CREATE INDEX profile_by_master ON profile (master) WHERE master IS NOT NULL;

-- What values were, from where and from when. The value itself is sealed, and goes a year after another took its place.
CREATE TABLE profile_history (
  resident BLOB NOT NULL REFERENCES resident (id) ON DELETE CASCADE,
  field TEXT NOT NULL,
  at INTEGER NOT NULL,                -- unix seconds; one more for each entry of the same second
  source INTEGER NOT NULL,            -- 0: the value was taken away
  as_of TEXT,
  sealed BLOB,
  ended_at INTEGER,                   -- when another took its place
  PRIMARY KEY (resident, field, at)
) STRICT, WITHOUT ROWID;
CREATE INDEX profile_history_due ON profile_history (ended_at) WHERE sealed IS NOT NULL AND ended_at IS NOT NULL;

CREATE TABLE interaction (
  id BLOB PRIMARY KEY NOT NULL CHECK (length(id) = 16),
  browser BLOB NOT NULL CHECK (length(browser) = 16),
  client TEXT NOT NULL,               -- empty: for no service, from the first page of Genkan itself
  request TEXT NOT NULL,              -- the checked authorization request, JSON
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  session BLOB,                       -- the session it was logged in or confirmed with
  login_at INTEGER,                   -- a card login inside this interaction
  want_login INTEGER NOT NULL DEFAULT 0, -- "I am somebody else": an older session will not do
  profile_offer INTEGER NOT NULL DEFAULT 0, -- 0 not answered, 1 skipped, 2 done, 3 she decides
  held BLOB,                          -- 3: what was read, sealed
  problem TEXT,                       -- why the last card transaction failed
  grant_id BLOB,                      -- the consent reached inside this interaction
  refusal TEXT,                       -- the resident said no: the error the service gets
  done_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX interaction_by_expiry ON interaction (expires_at);

CREATE TABLE card_txn (
  number INTEGER PRIMARY KEY,         -- which is the newest, also within one second
  id BLOB UNIQUE NOT NULL CHECK (length(id) = 16),
  cookie BLOB NOT NULL CHECK (length(cookie) = 16),
  interaction BLOB NOT NULL,
  nonce BLOB NOT NULL CHECK (length(nonce) = 32),
  purpose INTEGER NOT NULL,
  carrier INTEGER NOT NULL,
  request TEXT NOT NULL,              -- the compact request JWS
  bind TEXT NOT NULL,                 -- the word shown on both screens
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  taken_at INTEGER,
  state INTEGER NOT NULL DEFAULT 0,
  reason TEXT
) STRICT;
CREATE INDEX card_txn_by_expiry ON card_txn (expires_at);
CREATE INDEX card_txn_by_interaction ON card_txn (interaction);

CREATE TABLE session (
  id BLOB PRIMARY KEY NOT NULL CHECK (length(id) = 16),
  ticket BLOB UNIQUE NOT NULL CHECK (length(ticket) = 16), -- another one at every login; the id stays
  resident BLOB NOT NULL REFERENCES resident (id) ON DELETE CASCADE,
  browser BLOB NOT NULL CHECK (length(browser) = 16),
  acr TEXT NOT NULL,
  amr TEXT NOT NULL,                  -- words separated by spaces
  auth_at INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  seen_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,        -- absolute
  ended_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX session_by_resident ON session (resident);
CREATE INDEX session_by_expiry ON session (expires_at);

CREATE TABLE session_service (
  session BLOB NOT NULL REFERENCES session (id) ON DELETE CASCADE,
  client TEXT NOT NULL,
  first_at INTEGER NOT NULL,
  PRIMARY KEY (session, client)
) STRICT, WITHOUT ROWID;

-- One row for each redeemed code. The id begins with the time the code was minted, so new rows are neighbours (one page
-- a group instead of one a row) and old ones are found without an index.
CREATE TABLE family (
  id BLOB PRIMARY KEY NOT NULL CHECK (length(id) = 16),
  client TEXT NOT NULL,
  resident BLOB NOT NULL,
  session BLOB NOT NULL,
  grant_id BLOB,
  scope TEXT NOT NULL,
  minted_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,        -- of the longest-lived token in it
  offline INTEGER NOT NULL,           -- offline_access: outlives the session
  refreshable INTEGER NOT NULL,
  revoked_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX family_by_resident ON family (resident) WHERE refreshable = 1;
CREATE INDEX family_by_session ON family (session) WHERE refreshable = 1;
CREATE INDEX family_by_grant ON family (grant_id) WHERE refreshable = 1;

CREATE TABLE refresh (
  id BLOB PRIMARY KEY NOT NULL CHECK (length(id) = 16),
  family BLOB NOT NULL REFERENCES family (id) ON DELETE CASCADE,
  minted_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  used_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX refresh_by_family ON refresh (family);
CREATE INDEX refresh_by_expiry ON refresh (expires_at);

-- What services must be told: a row stays until they heard it or the tries are used up.
CREATE TABLE notice (
  id INTEGER PRIMARY KEY,
  channel INTEGER NOT NULL CHECK (channel BETWEEN 1 AND 3), -- log-out, event, ping
  client TEXT NOT NULL,
  sub TEXT NOT NULL,
  sid TEXT,                           -- log-out
  event TEXT,                         -- event: the claims of the security event token, JSON; ping: sealed
  created_at INTEGER NOT NULL,
  due_at INTEGER NOT NULL,
  tries INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX notice_by_due ON notice (due_at);

-- What a resident allows a service. Ended rows stay: they say why she is asked again. The names of organisation, sector
-- and subject are kept as they were when she decided, for the ledger's withdrawn and expired events.
CREATE TABLE consent (
  id BLOB PRIMARY KEY NOT NULL CHECK (length(id) = 16),
  resident BLOB NOT NULL REFERENCES resident (id) ON DELETE CASCADE,
  client TEXT NOT NULL,
  org TEXT NOT NULL,
  sector TEXT NOT NULL,
  subject TEXT NOT NULL,              -- pairwise sub
  terms_hash BLOB NOT NULL CHECK (length(terms_hash) = 32),
  ask_hash BLOB NOT NULL CHECK (length(ask_hash) = 32),
  decisions TEXT NOT NULL,            -- a line for each field: consent/grant.c, grant_put_decisions
  duration INTEGER NOT NULL CHECK (duration BETWEEN 1 AND 3),
  given_at INTEGER NOT NULL,
  expires_at INTEGER,
  ended_at INTEGER,
  end_reason INTEGER NOT NULL DEFAULT 0 CHECK (end_reason BETWEEN 0 AND 2),
  stopped INTEGER NOT NULL DEFAULT 0 CHECK (stopped BETWEEN 0 AND 2), -- suspended: by the resident, by the operator
  leaf INTEGER                        -- position in the ledger of the newest given or withdrawn event
) STRICT, WITHOUT ROWID;
CREATE INDEX consent_by_resident ON consent (resident, client);
-- one living consent for a resident and a service
CREATE UNIQUE INDEX consent_alive ON consent (resident, client) WHERE ended_at IS NULL;
CREATE INDEX consent_by_expiry ON consent (expires_at) WHERE ended_at IS NULL;

-- The Merkle tree of consent events: position, class of the event, salt and event (both NULL once erased), and
-- digest = SHA-256(salt || event). The tree's leaf is 0x01 || class || digest.
CREATE TABLE ledger_event (
  position INTEGER PRIMARY KEY,
  class INTEGER NOT NULL,
  salt BLOB CHECK (salt IS NULL OR length(salt) = 32),
  event TEXT,
  digest BLOB NOT NULL CHECK (length(digest) = 32)
) STRICT;

CREATE TABLE ledger_head (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  size INTEGER NOT NULL,
  edge BLOB NOT NULL                  -- hashes of the full subtrees, largest first; the root follows from them
) STRICT;
INSERT INTO ledger_head (one, size, edge) VALUES (1, 0, x'');
