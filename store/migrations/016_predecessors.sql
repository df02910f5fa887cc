-- When J-LIS's service had its say about which older cards this one follows (idp/rules/succession.h); NULL: not yet.
ALTER TABLE card ADD COLUMN answered_at INTEGER;
