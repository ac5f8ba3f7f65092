-- One row for each beginning and each end of an act; rows are never changed.
create table ledger (
    sequence  integer primary key,  -- from 1, without gaps
    act       text    not null,     -- joins a beginning to its end
    phase     text    not null check (phase in ('open', 'close')),
    body      text    not null,     -- JSON, as hashed
    hash      text    not null      -- of the row before it and of this row
) strict;
create index ledger_act on ledger (act);
