-- The command that lets a stopped day go on. Stops that earlier releases recorded have none.
ALTER TABLE {{ledger}}.partitions ADD COLUMN stop_command TEXT NULL
