-- The request which caused a notice, or the run of the server's own work: base/trace.h.
ALTER TABLE notice ADD COLUMN cause TEXT;
