-- Whether the part was read back from S3 and proved: an interrupted verification goes on after it. A part that is written
-- again has a row of its own.
ALTER TABLE {{ledger}}.parts ADD COLUMN proved TINYINT NOT NULL DEFAULT 0
