-- Where a value is from and the day it was read, as in its history: whether a resident must be asked is decided without
-- opening what is sealed. NULL: recorded before; that one is opened. What goes out is judged by what is sealed.
ALTER TABLE profile ADD COLUMN source INTEGER;
ALTER TABLE profile ADD COLUMN as_of TEXT;
