-- What exported the day. Days that earlier releases exported have none: what could write them at their commit is named.
ALTER TABLE {{ledger}}.partitions ADD COLUMN engine VARCHAR(16) NULL
