-- Authorization details that a resident was asked for and left out; lines as in details.
ALTER TABLE consent ADD COLUMN details_refused TEXT;
