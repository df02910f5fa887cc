-- Which card a login was made with: half the SHA-256 of its account key. She cannot remove the card she is logged in
-- with, and a card that is removed takes its logins along.
ALTER TABLE session ADD COLUMN card BLOB CHECK (card IS NULL OR length(card) = 16);

-- Who is verified to be one person: HMAC of the four values of her sign certificate as they are stored now. No row
-- unless they all come from one (idp/rules/likeness.h).
CREATE TABLE likeness (
  resident BLOB PRIMARY KEY NOT NULL REFERENCES resident (id) ON DELETE CASCADE,
  digest BLOB NOT NULL CHECK (length(digest) = 32)
) STRICT, WITHOUT ROWID;
CREATE INDEX likeness_by_digest ON likeness (digest);

-- "This is my renewed card": it waits, and the older registration may refuse it. A refusal stays as long as that one.
CREATE TABLE claim (
  account_key BLOB PRIMARY KEY NOT NULL CHECK (length(account_key) = 32), -- of the new card
  claimant BLOB NOT NULL CHECK (length(claimant) = 16), -- whom its first login made
  account BLOB NOT NULL REFERENCES resident (id) ON DELETE CASCADE, -- the older registration
  digest BLOB NOT NULL CHECK (length(digest) = 32),     -- of both, when it was made
  created_at INTEGER NOT NULL,
  due_at INTEGER NOT NULL,
  refused_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX claim_by_account ON claim (account);
CREATE INDEX claim_by_claimant ON claim (claimant);
