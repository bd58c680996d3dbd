-- When the day was healed last. A day that was given up is healed again after some hours.
ALTER TABLE {{ledger}}.partitions ADD COLUMN healed_at TIMESTAMP(6) NULL
