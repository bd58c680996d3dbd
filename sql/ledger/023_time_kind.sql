-- How the first export read the time column: only the policy says what unit an epoch has, and
-- another unit would mean other rows.
ALTER TABLE {{ledger}}.tables ADD COLUMN time_kind VARCHAR(16) NULL
