SELECT scope FROM {{ledger}}.holds WHERE {{> rules/hold_stands}}
