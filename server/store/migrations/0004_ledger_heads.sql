-- The ledger with signed heads among its rows, and hashes by which a row can be left out of an export and still be proven.
-- Rows chained in the older way are dropped: no program that wrote them was ever released.
drop table ledger;
create table ledger (
    sequence  integer primary key,  -- from 1, without gaps; the oldest may have been removed, as the newest head says
    act       text    not null,     -- joins a beginning to its end; empty for a head
    phase     text    not null check (phase in ('open', 'close', 'head')),
    body      text    not null,     -- JSON, as hashed
    hash      text    not null      -- of the row before it and of this row
) strict;
create index ledger_act on ledger (act) where phase <> 'head';
create index ledger_heads on ledger (sequence) where phase = 'head';
