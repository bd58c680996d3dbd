-- When the day was healed last: a day that has been quiet since then is healed again.
ALTER TABLE {{ledger}}.partitions ADD COLUMN healed_at TIMESTAMP(6) NULL
