-- What keeps a table, or a day of it, from its work until a person acts. A row is removed once the work succeeds.
CREATE TABLE IF NOT EXISTS {{ledger}}.refusals (
  database_name VARCHAR(64)  NOT NULL,
  table_name    VARCHAR(64)  NOT NULL,
  -- What was refused: plan (the whole table), archive or purge
  work          VARCHAR(16)  NOT NULL,
  -- Empty if it is about the whole table.
  day           CHAR(10)     NOT NULL,
  reason        TEXT         NOT NULL,
  -- What a person does about it, in words.
  remedy        TEXT         NULL,
  -- The command that lets it go on, quoted for a shell.
  command       TEXT         NULL,
  -- When it was first refused for this reason.
  since         TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  seen_at       TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  PRIMARY KEY (database_name, table_name, work, day)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
