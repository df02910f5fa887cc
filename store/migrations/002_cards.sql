-- Which card a login was made with: half the SHA-256 of its account key. She cannot remove the card she is logged in
-- with, and a card that is removed takes its logins along.
ALTER TABLE session ADD COLUMN card BLOB CHECK (card IS NULL OR length(card) = 16);
