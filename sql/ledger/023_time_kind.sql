-- How the first export read the time column: an epoch's unit is the policy's word, and other rows would go by another one.
ALTER TABLE {{ledger}}.tables ADD COLUMN time_kind VARCHAR(16) NULL
