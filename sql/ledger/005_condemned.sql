CREATE TABLE IF NOT EXISTS {{ledger}}.condemned (
  object_key   VARCHAR(700) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  epoch        BIGINT UNSIGNED NOT NULL,
  condemned_at TIMESTAMP(6)    NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  PRIMARY KEY (object_key)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
