-- What a caller's idempotency key stood for, and how that act ended.
create table idempotency_key (
    caller  text    not null,
    key     text    not null,
    digest  text    not null,  -- of the act
    act     text    not null,  -- its entry in the ledger
    outcome text,              -- JSON; null until the act has ended
    made    integer not null,  -- microseconds since 1970
    primary key (caller, key)
) strict;
