-- The command by which a stopped day goes on. Stops of earlier releases have none, and are shown as they are.
ALTER TABLE {{ledger}}.partitions ADD COLUMN stop_command TEXT NULL
