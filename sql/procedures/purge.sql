CREATE PROCEDURE {{name}}(
  IN p_day CHAR(10) CHARACTER SET ascii, IN p_epoch BIGINT UNSIGNED,
  IN p_cursor LONGBLOB, IN p_next_cursor LONGBLOB, IN p_manifest VARCHAR(1024) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
  IN p_rows BIGINT UNSIGNED, IN p_xor CHAR(64) CHARACTER SET ascii, IN p_salt CHAR(32) CHARACTER SET ascii,
  IN p_fingerprint CHAR(64) CHARACTER SET ascii, IN p_rules CHAR(64) CHARACTER SET ascii,
  IN p_fuse BIGINT UNSIGNED, IN p_chunks INT UNSIGNED{{parameters}})
  SQL SECURITY INVOKER
proved_delete: BEGIN
{{> rules/variables}}
  DECLARE v_locked, v_rows, v_lost, v_deleted, v_found BIGINT UNSIGNED DEFAULT 0;
  DECLARE v_path TINYINT DEFAULT p_shape;
  {{bounds}}
  -- BIT_XOR over no rows is a string of zeros of the length of its argument's type: more than 64 digits on MySQL.
  DECLARE v_xor LONGTEXT CHARACTER SET utf8mb4 DEFAULT NULL;
  DECLARE v_unpinned VARCHAR(1024) CHARACTER SET utf8mb4 DEFAULT '';
  -- A lock-wait timeout doesn't roll back by itself (pitfall P70: it leaves the transaction open).
  DECLARE EXIT HANDLER FOR SQLEXCEPTION BEGIN ROLLBACK; RESIGNAL; END;

  SET v_unpinned = {{unpinned}};
  IF v_unpinned <> '' THEN
    SET v_unpinned = LEFT(CONCAT('sediment: the session is not the pinned one: ', v_unpinned), 128);
    SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = v_unpinned;
  END IF;

  START TRANSACTION;
{{> rules/may_delete}}

  -- Only chooses the index by which the rows are read, without a lock. A row that comes later outside of these bounds is
  -- neither proved nor deleted, and is found when the day is closed.
{{locate}}
  -- The rows are locked first, so that what the digest reads under READ COMMITTED can't change any more.
{{lock}}
{{prove}}
  {{locked}}
  IF v_locked <> v_rows THEN
    ROLLBACK; SELECT 'raced' AS outcome, CONCAT(v_rows, ' rows met, ', v_locked, ' locked') AS detail; LEAVE proved_delete;
  END IF;
  -- Rows without a digest can't be proved.
  IF v_lost > 0 THEN
    ROLLBACK; SELECT 'drift' AS outcome, CONCAT(v_lost, ' rows have no digest: a text in them is over max_allowed_packet or has no Unicode form') AS detail; LEAVE proved_delete;
  END IF;
  IF v_rows <> p_rows OR (p_rows > 0 AND NOT (v_xor <=> p_xor)) THEN
    ROLLBACK; SELECT 'drift' AS outcome, CONCAT(v_rows, ' rows in the table, ', p_rows, ' in the archive') AS detail; LEAVE proved_delete;
  END IF;
  -- The metadata lock is held by now (pitfall P66: a column that was added since would be deleted unarchived).
{{> rules/same_columns}}

{{delete}}
  -- Under READ COMMITTED, rows can come into the range between the proof and the delete.
  IF v_deleted <> v_rows THEN
    ROLLBACK; SELECT 'raced' AS outcome, CONCAT(v_deleted, ' rows met, ', v_rows, ' proved') AS detail; LEAVE proved_delete;
  END IF;
{{rules_again}}
  INSERT INTO {{ledger}}.deletions (database_name, table_name, utc_day, deleted) VALUES ({{database_literal}}, {{table_literal}}, UTC_DATE(), v_deleted)
    ON DUPLICATE KEY UPDATE deleted = deleted + v_deleted;
  UPDATE {{ledger}}.partitions SET cursor_json = p_next_cursor, rows_deleted = rows_deleted + v_deleted,
      chunks_deleted = chunks_deleted + p_chunks, proofs = proofs + 1
    WHERE database_name = {{database_literal}} AND table_name = {{table_literal}} AND day = p_day;
  COMMIT;
  SELECT 'deleted' AS outcome, CAST(v_deleted AS CHAR) AS detail;
END
