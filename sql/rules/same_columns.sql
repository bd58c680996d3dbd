  SELECT fingerprint INTO v_fingerprint FROM ({{fingerprint}}) AS now_there;
  IF NOT (v_fingerprint <=> p_fingerprint) THEN
    ROLLBACK; SELECT 'schema' AS outcome, 'the columns have changed since the export' AS detail; LEAVE proved_delete;
  END IF;
  -- A trigger or foreign key that was created since the check could delete unarchived rows (pitfall P48: cascades and triggers).
  SELECT rules INTO v_rules FROM ({{rules}}) AS rules_now;
  IF NOT (v_rules <=> p_rules) THEN
    ROLLBACK; SELECT 'schema' AS outcome, 'the engine, a delete trigger or a foreign key has changed since the slice looked' AS detail; LEAVE proved_delete;
  END IF;
