CREATE DATABASE IF NOT EXISTS shop;
CREATE TABLE IF NOT EXISTS shop.orders (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  customer VARCHAR(80) NOT NULL,
  amount DECIMAL(12, 2) NOT NULL,
  created_at DATETIME(6) NOT NULL,
  KEY by_time (created_at)
);
-- 5,000 rows over the last hundred days.
SET SESSION cte_max_recursion_depth = 5000;
INSERT INTO shop.orders (customer, amount, created_at)
WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 5000)
SELECT CONCAT('customer ', i % 97), i / 7, UTC_TIMESTAMP(6) - INTERVAL i * 28 MINUTE FROM n;
