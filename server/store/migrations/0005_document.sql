-- documents of the observer and of what happens with its findings: findings, baselines, messages that wait
create table document (
    kind text not null,
    id text not null,
    body text not null,
    updated_at integer not null,
    primary key (kind, id)
) strict, without rowid;
