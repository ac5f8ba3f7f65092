-- Changes are few among reads: the question who changed what reads only them. A body that is no JSON was changed from outside, and the
-- verification names it.
create index ledger_changes on ledger (sequence) where phase = 'open' and case when json_valid(body) then
    body ->> '$.operation.effect' in ('write', 'destructive') or body ->> '$.event' in ('policy_reloaded', 'approval_decided') end;
