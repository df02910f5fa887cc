-- A registration that the operator has disabled opens no session; nothing of it is lost (idp/state/account.h).
ALTER TABLE resident ADD COLUMN disabled_at INTEGER;
ALTER TABLE resident ADD COLUMN disabled_reason TEXT CHECK ((disabled_reason IS NULL) = (disabled_at IS NULL));
