  -- What the ledger allows, under the lock of the day's row, for which every other attempt and every hold waits.
  SELECT state, epoch, cursor_json, manifest_version INTO v_state, v_epoch, v_cursor, v_manifest
    FROM {{ledger}}.partitions WHERE database_name = {{database_literal}} AND table_name = {{table_literal}} AND day = p_day FOR UPDATE;
  IF v_epoch <> p_epoch OR v_state IS NULL OR v_state <> 'purging' OR NOT (v_cursor <=> p_cursor) OR NOT (v_manifest <=> p_manifest) THEN
    ROLLBACK; SELECT 'fenced' AS outcome, CONCAT('epoch ', v_epoch, ', state ', IFNULL(v_state, 'none')) AS detail; LEAVE proved_delete;
  END IF;
  SELECT MAX(CONCAT(owner, ': ', reason)) INTO v_hold FROM {{ledger}}.holds
    WHERE scope IN ('*', {{scope_literal}}) AND {{> rules/hold_stands}} LOCK IN SHARE MODE;
  IF v_hold IS NOT NULL THEN
    ROLLBACK; SELECT 'held' AS outcome, v_hold AS detail; LEAVE proved_delete;
  END IF;
  SELECT IFNULL(SUM(deleted), 0) INTO v_today FROM {{ledger}}.deletions
    WHERE database_name = {{database_literal}} AND table_name = {{table_literal}} AND utc_day = UTC_DATE() FOR UPDATE;
  IF p_fuse > 0 AND v_today + p_rows > p_fuse{{exception}} THEN
    ROLLBACK; SELECT 'fuse' AS outcome, CONCAT(v_today, ' rows deleted today') AS detail; LEAVE proved_delete;
  END IF;
