-- Where the worker that wrote the word reached its server: before another server takes the archive over, the one there is
-- asked whether it still runs. It stands in the ledger and not in S3, because the user's password goes to it.
ALTER TABLE {{ledger}}.claim ADD COLUMN address VARCHAR(300) NULL
