-- The ledger. One row for each open and close record of an entry and for each checkpoint; rows are never changed.
create table ledger (
    sequence  integer primary key,  -- from 1, without gaps; retention removes the oldest, which the next checkpoint states
    entry     text    not null,     -- id of the entry, the same in its open and close record; empty for a checkpoint
    phase     text    not null check (phase in ('open', 'close', 'checkpoint')),
    body      text    not null,     -- JSON, exactly the hashed bytes
    hash      text    not null      -- over the previous row and this one
) strict;
create index ledger_entry on ledger (entry) where phase <> 'checkpoint';
create index ledger_checkpoints on ledger (sequence) where phase = 'checkpoint';

-- The act of each idempotency key, and its outcome.
create table idempotency_key (
    caller      text    not null,
    key         text    not null,
    digest      text    not null,  -- of the act
    entry       text    not null,  -- entry of the act in the ledger
    outcome     text,              -- JSON; null until the act has ended
    created_at  integer not null,  -- microseconds since 1970
    primary key (caller, key)
) strict;

-- Approval requests and their decisions. A request is never changed, only decided, used or expired.
create table approval (
    id                 text    primary key,  -- UUID, ordered by time
    requester          text    not null,     -- key of the caller
    digest             text    not null,     -- of the act
    state              text    not null,     -- fingerprint of the target's state when the request was created
    request            text    not null,     -- JSON, as shown to approvers, redacted
    status             text    not null check (status in ('pending', 'approved', 'rejected', 'used', 'expired')),
    created_at         integer not null,     -- microseconds since 1970
    expires_at         integer not null,     -- microseconds since 1970
    decided_by         text,
    decided_at         integer,              -- microseconds since 1970
    reason             text    not null default '',
    requested_by_entry text    not null,     -- entry in the ledger of the call that created the request
    consumed_by_entry  text                  -- entry in the ledger of the act that used the approval
) strict;
-- a caller has at most one open request for an act
create unique index approval_open on approval (requester, digest) where status in ('pending', 'approved');
create index approval_requested on approval (requester, digest, created_at);
create index approval_status on approval (status, created_at);

-- Completed changes that budgets count; those older than the longest budget are removed.
create table budget_change (
    entry       text    primary key,  -- entry of the act in the ledger
    caller      text    not null,     -- key of the caller
    target      text    not null,     -- controller and model
    created_at  integer not null,     -- microseconds since 1970
    units       integer not null,     -- units that the act added
    machines    integer not null      -- machines that the act added
) strict;
create index budget_change_created on budget_change (created_at);
