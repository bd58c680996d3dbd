  SELECT fingerprint INTO v_fingerprint FROM ({{fingerprint}}) AS now_there;
  IF NOT (v_fingerprint <=> p_fingerprint) THEN
    ROLLBACK; SELECT 'schema' AS outcome, 'the columns have changed since the export' AS detail; LEAVE proved_delete;
  END IF;
  -- A trigger or a foreign key created since the slice looked would delete what nobody archived (P48).
  SELECT rules INTO v_rules FROM ({{rules}}) AS rules_now;
  IF NOT (v_rules <=> p_rules) THEN
    ROLLBACK; SELECT 'schema' AS outcome, 'the engine, a delete trigger or a foreign key has changed since the slice looked' AS detail; LEAVE proved_delete;
  END IF;
