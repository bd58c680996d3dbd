-- The address at which the worker that wrote the word reached its server. Before another server takes the archive over,
-- Sediment asks this address whether its server still runs. It is in the ledger and not in S3, because the user's password
-- is sent there.
ALTER TABLE {{ledger}}.claim ADD COLUMN address VARCHAR(300) NULL
