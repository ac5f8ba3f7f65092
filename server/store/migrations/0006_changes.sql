-- Acts that were done, as far as budgets count them; those older than the longest budget are removed.
create table change (
    act       text    primary key,  -- its entry in the ledger
    caller    text    not null,     -- who did it, as one text
    place     text    not null,     -- controller and model
    made      integer not null,     -- microseconds since 1970
    units     real    not null,     -- added by it
    machines  real    not null      -- added by it
) strict;
create index change_made on change (made);
