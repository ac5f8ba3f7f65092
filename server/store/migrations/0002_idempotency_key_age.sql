-- Idempotency keys expire by their age, and each caller has a bounded number of them.
create index idempotency_key_created on idempotency_key (created_at);
create index idempotency_key_caller on idempotency_key (caller, created_at);
