-- A notice that is given up stays, for the operator to see; an event that its service fetches itself (channel 4) is found
-- by its jti.
CREATE TABLE notice_new (
  id INTEGER PRIMARY KEY,
  channel INTEGER NOT NULL CHECK (channel BETWEEN 1 AND 4), -- log-out, event, ping, event to be fetched
  client TEXT NOT NULL,
  sub TEXT NOT NULL,
  sid TEXT,                           -- log-out
  event TEXT,                         -- event: the claims of the security event token, JSON; ping: sealed
  created_at INTEGER NOT NULL,
  due_at INTEGER NOT NULL,
  tries INTEGER NOT NULL DEFAULT 0,
  jti TEXT,                           -- event
  given_up_at INTEGER,
  why TEXT                            -- it was given up
) STRICT;
INSERT INTO notice_new SELECT id, channel, client, sub, sid, event, created_at, due_at, tries, NULL, NULL, NULL FROM notice;
DROP TABLE notice;
ALTER TABLE notice_new RENAME TO notice;
CREATE INDEX notice_by_due ON notice (due_at) WHERE given_up_at IS NULL AND channel < 4;
CREATE INDEX notice_by_client ON notice (client, channel, id);
CREATE INDEX notice_given_up ON notice (given_up_at) WHERE given_up_at IS NOT NULL;
