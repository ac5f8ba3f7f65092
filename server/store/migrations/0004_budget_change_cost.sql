-- Budgets limit money too: what each change adds to the monthly bill, in hundredths of the currency. Older changes have no price.
alter table budget_change add column cost integer not null default 0;
