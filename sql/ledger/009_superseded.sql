-- Objects that a heal replaced and that a purge may have relied on. They are moved below _superseded/ and never removed.
CREATE TABLE IF NOT EXISTS {{ledger}}.superseded (
  object_key    VARCHAR(700) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  version_id    VARCHAR(255) NULL,
  superseded_at TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  moved_at      TIMESTAMP(6) NULL,
  PRIMARY KEY (object_key)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
