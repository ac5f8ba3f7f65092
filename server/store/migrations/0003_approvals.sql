-- Questions to humans and their answers. A question is never changed, only decided, used or ended.
create table approval (
    id          text    primary key,  -- UUID, ordered by time
    asker       text    not null,     -- who asked, as one text
    digest      text    not null,     -- of the act
    state       text    not null,     -- fingerprint of the target's state when it was shown
    question    text    not null,     -- JSON, as it is shown, redacted
    status      text    not null check (status in ('pending', 'approved', 'rejected', 'used', 'expired')),
    made        integer not null,     -- microseconds since 1970
    expires     integer not null,     -- microseconds since 1970
    decided_by  text,
    decided_at  integer,              -- microseconds since 1970
    reason      text    not null default '',
    asked_in    text    not null,     -- entry in the ledger of the call that asked
    used_in     text                  -- entry in the ledger of the act for which it was used
) strict;
-- a caller has at most one open question about an act
create unique index approval_open on approval (asker, digest) where status in ('pending', 'approved');
create index approval_asked on approval (asker, digest, made);
create index approval_status on approval (status, made);
