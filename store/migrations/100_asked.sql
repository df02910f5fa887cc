-- Grant Management for OAuth 2.0, draft 03. 6.4: what she agreed to be asked, a line for each combination of resource
-- servers: scope words, a tab, resources (consent/grant_scope.h). NULL: agreed to before, it is not told.
ALTER TABLE consent ADD COLUMN scopes TEXT;
-- 5.6.1: made by `create`, and its tokens must be fetched until then; NULL: they were, or nobody waits for that.
ALTER TABLE consent ADD COLUMN claim_until INTEGER;
CREATE INDEX consent_unclaimed ON consent (claim_until) WHERE claim_until IS NOT NULL;
