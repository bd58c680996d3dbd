(until_time IS NULL OR until_time > UTC_TIMESTAMP(6))
