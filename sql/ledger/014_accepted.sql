-- What a person accepted after a restore or a promotion, with owner and reason.
CREATE TABLE IF NOT EXISTS {{ledger}}.accepted (
  number      BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
  kind        VARCHAR(16)     NOT NULL,
  -- db.table, or *
  scope       VARCHAR(261)    NOT NULL,
  owner       VARCHAR(128)    NOT NULL,
  reason      VARCHAR(512)    NOT NULL,
  accepted_at TIMESTAMP(6)    NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  PRIMARY KEY (number)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
